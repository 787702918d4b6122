import { contexts as citizenship } from '@digitalbazaar/citizenship-context'
import examples from '@digitalbazaar/credentials-examples-context'
import odrl from '@digitalbazaar/odrl-context'
import { contexts as drivingLicence } from '@digitalbazaar/vdl-context'
import type { JsonObject } from '../../json.ts'

/** Published contexts for what credentials say of their subjects; the W3C interoperability suites use them. */
export const subjectContexts: ReadonlyMap<string, JsonObject> = new Map([
  ...examples.contexts,
  ...odrl.contexts,
  ...drivingLicence,
  ...citizenship,
  // no package has it; the W3C suite for data model 2.0 defines it so
  [
    'https://www.w3.org/ns/credentials/examples/v2',
    { '@context': { '@vocab': 'https://www.w3.org/ns/credentials/examples#' } },
  ],
])

/** Their digests, as those of the bundled contexts; `undefined-terms` comes with the data model's own. */
export const subjectDigests: Readonly<Record<string, string>> = {
  'https://www.w3.org/2018/credentials/examples/v1':
    '5bca9da34aefb4c5e0cd993e222e58827734e0928fda0210ee73413c43d6e5e5',
  'https://www.w3.org/ns/credentials/examples/v2':
    '8a675bead391be98e6054c4e07c41f73337508d398e07047344c5d349aa2dc58',
  'https://www.w3.org/ns/credentials/undefined-terms/v2':
    '3b11e1df8c618447e9f79f3737e3c30fc0841537eb95f36003742c633672bb9f',
  'https://www.w3.org/ns/odrl.jsonld': 'c9b3bbb66a340349a8b126f464287e139570ae46d40d89362733196babb1c9c6',
  'https://w3id.org/vdl/v1': '33c9dad4847f7d466d28b9f704dd07d8e1da7614d99b94febb03e19d815ef7da',
  'https://w3id.org/citizenship/v1': 'e6ac4c5a1e0f9358b191a782f88d0909df940bed2587a2c5d9e1808949e9a72a',
  'https://w3id.org/citizenship/v2': '085a5277811f1028884ae0a7abafb0ec53ff86440555d8a749b9bfb9f1e02311',
  'https://w3id.org/citizenship/v3': '1123d32bdb790a93eba7f901d9a0546a3b43f28fe9b812b23ce57cbb9be7d306',
  'https://w3id.org/citizenship/v4rc1': '15ca37d6ed55aee696cb2c8ca747d889418756c66188a47734c15e092ffef869',
}
