import { createHash } from 'node:crypto'
import { contexts as credentialsContexts } from '@digitalbazaar/credentials-context'
import dataIntegrity from '@digitalbazaar/data-integrity-context'
import multikey from '@digitalbazaar/multikey-context'
import { contexts as statusContexts } from '@digitalbazaar/vc-bitstring-status-list-context'
import statusList2021 from '@digitalbazaar/vc-status-list-context'
import canonicalize from 'canonicalize'
import did from 'did-context'
import ed25519Signature2020 from 'ed25519-signature-2020-context'
import type { JsonObject } from '../../json.ts'
import { bbsBlsContext, bbsBlsTerms } from './bbs-bls-terms.ts'
import { credentialTerms } from './credential-terms.ts'
import { registryStatusTerms } from './registry-status-terms.ts'
import { subjectContexts, subjectDigests } from './subject-contexts.ts'

/** First context of a credential, by version of the data model. */
export const credentialsContext = {
  '1.1': 'https://www.w3.org/2018/credentials/v1',
  '2.0': 'https://www.w3.org/ns/credentials/v2',
} as const

export const ed25519Signature2020Context = 'https://w3id.org/security/suites/ed25519-2020/v1'
export const dataIntegrityContext = 'https://w3id.org/security/data-integrity/v2'

/** SHA-256, hexadecimal, of the JCS bytes (RFC 8785) of a context: the name of a content-addressed one. */
export function contextDigest(context: JsonObject): string {
  return createHash('sha256')
    .update(canonicalize(context) ?? '')
    .digest('hex')
}

const published = new Map<string, JsonObject>([
  ...credentialsContexts,
  ...statusContexts,
  ...statusList2021.contexts,
  ...dataIntegrity.contexts,
  ...multikey.contexts,
  ...did.contexts,
  ...ed25519Signature2020.contexts,
  ...subjectContexts,
  [bbsBlsContext, bbsBlsTerms],
])

/** An update of a package that changes a context must not go by unseen: what is signed depends on these bytes. */
const pinned: Readonly<Record<string, string>> = {
  ...subjectDigests,
  [credentialsContext['1.1']]: 'b01e671e873981f19a9102a9a57f666dbcaeb31b99e3e124378d143e71549247',
  [credentialsContext['2.0']]: 'b463c8d6a066214123ddd9827b135e1b50e1fc73322cc52a9b12a4f1fc7d86cf',
  'https://www.w3.org/ns/credentials/status/v1':
    'b2fcebfbaf4e6beae2be370fda8a5f9f99c28540c798a75a8cdccc0fb1a12492',
  'https://w3id.org/vc/status-list/2021/v1':
    '9768f9aa81ab6c3e2ad96b2d669eaba67afe13fff0140a853f1e3d313fab13b6',
  'https://w3id.org/security/data-integrity/v1':
    '9505bf85338a4c2121ad03992ac90061bc85d43bcfa34d9d47b779381cf08b5f',
  [dataIntegrityContext]: '7ba3c50acf2689d5e07927267343eb353249c7c22a9f2d00307cc970e855e305',
  'https://w3id.org/security/multikey/v1': 'be20c3ee6af6e9c4102e66a85c26617831218e32216bdf050f870e389e737cdc',
  'https://www.w3.org/ns/did/v1': 'a7e146c40fcec005d3f0f14ae745665f446da58d7914a9d8f733746686fad82b',
  [bbsBlsContext]: '525ac8d9ef1da45a3d8baadb44a0ed7c270b3c396ba60fec056e21b9832d5090',
  [ed25519Signature2020Context]: 'fb517f09d990829aed734c9bad8cbbb2ac3d5063b865c7e3d81f246074bf5691',
}

function requirePinned(url: string, digest: string): [string, JsonObject] {
  const context = published.get(url)
  if (!context || contextDigest(context) !== digest) {
    throw new Error(`The installed packages do not hold the pinned content of ${url}`)
  }
  return [url, context]
}

/** Published contexts, by URL; each was compared with its pinned digest when this module was loaded. */
export const bundledContexts: ReadonlyMap<string, JsonObject> = new Map(
  Object.entries(pinned).map(([url, digest]) => requirePinned(url, digest)),
)

/** Contexts of this project, by digest. A node serves them at `<public URL>/api/v1/contexts/<digest>.jsonld`. */
export const ownContexts: ReadonlyMap<string, JsonObject> = new Map([
  [contextDigest(credentialTerms), credentialTerms],
  [contextDigest(registryStatusTerms), registryStatusTerms],
])

const ownContextUrl = (publicUrl: string, context: JsonObject): string =>
  `${publicUrl.replace(/\/$/, '')}/api/v1/contexts/${contextDigest(context)}.jsonld`

/** URL at which a node serves the terms that 1.1 credentials borrow from data model 2.0. */
export function credentialTermsUrl(publicUrl: string): string {
  return ownContextUrl(publicUrl, credentialTerms)
}

/** URL at which a node serves the terms of status entries that name the registry. */
export function registryStatusTermsUrl(publicUrl: string): string {
  return ownContextUrl(publicUrl, registryStatusTerms)
}
