import { createRequire } from 'node:module'
import type { Json, JsonObject } from '../../../node/json.ts'
import { deriveContext } from '../../../node/schemas/derive-context.ts'
import { bundledContexts, credentialTermsUrl } from '../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'

const jsonld = createRequire(import.meta.url)('jsonld') as {
  canonize(document: unknown, options: Record<string, unknown>): Promise<string>
  expand(document: unknown, options: Record<string, unknown>): Promise<Record<string, Json>[]>
}

const issuer = 'did:ethr:0x7a69:0x00000000000000000000000000000000000000aa'
export const schemaId = `${issuer}/schema/test/1.0`
export const dataModels = ['1.1', '2.0'] as const

const first = {
  '1.1': 'https://www.w3.org/2018/credentials/v1',
  '2.0': 'https://www.w3.org/ns/credentials/v2',
}
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const proofContexts = [
  'https://w3id.org/security/suites/ed25519-2020/v1',
  'https://w3id.org/security/data-integrity/v2',
]

interface Input {
  jsonSchema: JsonObject
  claims: JsonObject
  dataModel: '1.1' | '2.0'
  type?: string
}

/** A whole credential, as the formats make it, with every member that has terms of its own. */
export function credentialOf({
  claims,
  dataModel,
  type = 'TestCredential',
}: Omit<Input, 'jsonSchema'>): JsonObject {
  const contexts =
    dataModel === '1.1'
      ? [first['1.1'], 'urn:derived', credentialTermsUrl('http://node'), statusContext, ...proofContexts]
      : [first['2.0'], 'urn:derived', ...proofContexts]
  return {
    '@context': contexts,
    id: 'urn:uuid:00000000-0000-4000-8000-000000000000',
    type: ['VerifiableCredential', type],
    issuer: { id: issuer, name: 'Issuer' },
    [dataModel === '1.1' ? 'issuanceDate' : 'validFrom']: '2026-01-01T00:00:00Z',
    credentialSubject: { id: 'did:key:z6Mk', ...claims },
    credentialStatus: {
      id: `${issuer}/status/revocation/1#7`,
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '7',
      statusListCredential: 'https://node/lists/1',
    },
    credentialSchema: { id: schemaId, type: 'JsonSchema', digestSRI: 'sha256-x' },
  }
}

function options(jsonSchema: JsonObject, type: string) {
  const { document } = deriveContext({ schemaId, type, jsonSchema })
  const documentLoader = createDocumentLoader({
    extra: async (url) => (url === 'urn:derived' ? document : bundledContexts.get(url)),
  })
  return { documentLoader, safe: true, base: null, rdfDirection: 'i18n-datatype' }
}

/** The canonical N-Quads of a credential with these claims, by RDFC-1.0 in safe mode, as proofs of linked data use it. */
export async function credentialQuads(input: Input): Promise<string> {
  const settings = options(input.jsonSchema, input.type ?? 'TestCredential')
  return jsonld.canonize(credentialOf(input), {
    ...settings,
    algorithm: 'RDFC-1.0',
    format: 'application/n-quads',
  })
}

/** A proof of each kind canonicalised beside the derived context: its terms must not clash either. */
export async function proofQuads(input: Input): Promise<string[]> {
  const settings = { ...options(input.jsonSchema, input.type ?? 'TestCredential'), algorithm: 'RDFC-1.0' }
  const { '@context': contexts } = credentialOf(input)
  const common = {
    '@context': contexts,
    created: '2026-01-01T00:00:00Z',
    expires: '2027-01-01T00:00:00Z',
    domain: 'example.org',
    challenge: 'abc',
    nonce: 'n',
    proofPurpose: 'assertionMethod',
    verificationMethod: `${issuer}#delegate-1`,
  }
  return Promise.all([
    jsonld.canonize({ ...common, type: 'Ed25519Signature2020' }, settings),
    jsonld.canonize({ ...common, type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022' }, settings),
  ])
}

/** The expanded subject. */
export async function expandedSubject(input: Input): Promise<Record<string, Json>> {
  const settings = options(input.jsonSchema, input.type ?? 'TestCredential')
  const [node] = await jsonld.expand(credentialOf(input), settings)
  const subjects = node?.['https://www.w3.org/2018/credentials#credentialSubject']
  return (subjects as Record<string, Json>[])[0] as Record<string, Json>
}
