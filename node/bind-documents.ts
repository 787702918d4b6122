import { didWebOf } from './did/did-web-document.ts'
import { IssuerError } from './errors.ts'
import { envelopeCredential } from './formats/enveloped-credential.ts'
import { issueDocument } from './issuance/issue-document.ts'
import type { House } from './issuer.ts'
import type { JsonObject } from './json.ts'
import type { Issuer } from './protocols/issuer.ts'
import { requireCredential } from './require-credential.ts'
import type { Secured } from './suites/suite.ts'

/** A token goes into an envelope where an object is asked for (Verifiable Credentials Data Model 2.0, 4.12). */
const enveloped = (credential: Secured, mediaType: string): JsonObject =>
  typeof credential === 'string' ? envelopeCredential(credential, mediaType) : credential

/** Binds what deals with whole documents: credentials as their issuers write them, and did:web. */
export function bindDocuments({ config, documents, pipeline, registrar, stores }: House) {
  return {
    issueDocument: async (request) => {
      const outcome = await issueDocument(documents, request)
      return { ...outcome, verifiableCredential: enveloped(outcome.credential, outcome.mediaType) }
    },
    issuedDocument: async (input) => {
      const { credential, format } = await requireCredential(stores, input)
      const { mediaType = '' } = pipeline.formats.find(({ name }) => name === format) ?? {}
      return enveloped(credential, mediaType)
    },
    eraseCredential: async (input) => {
      const { credentialId } = await requireCredential(stores, input)
      await stores.credentials.erase(credentialId)
    },
    didWebDocument: async (path) => {
      const did = servedAt(config.publicUrl, path)
      const stored = did === undefined ? undefined : await stores.dids.get(did)
      if (stored?.method !== 'web' || stored.state !== 'active') throw new IssuerError('NOT_FOUND')
      const resolved = await registrar.resolveDid(stored.did)
      if (!resolved) throw new IssuerError('NOT_FOUND')
      return resolved.document
    },
  } satisfies Partial<Issuer>
}

/** The did:web of a path: a host without a path has its document in `.well-known` (did:web Method, 3.2). */
function servedAt(publicUrl: string, path: string): string | undefined {
  const isHost = new URL(publicUrl).pathname === '/'
  if (path === '.well-known') return isHost ? didWebOf(publicUrl, '') : undefined
  return path === '' && isHost ? undefined : didWebOf(publicUrl, path)
}
