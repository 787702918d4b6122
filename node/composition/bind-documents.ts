import { didWebOf } from '../did/did-web-document.ts'
import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import { dataModelContexts } from '../formats/credential-document.ts'
import { envelopeCredential, openEnvelope } from '../formats/enveloped-credential.ts'
import { presentationFormats } from '../formats/presentations.ts'
import { issueDocument } from '../issuance/issue-document.ts'
import type { Wiring } from '../issuer.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Issuer } from '../protocols/issuer.ts'
import type { Secured } from '../suites/suite.ts'
import { verifyCredential } from '../verification/verify-credential.ts'
import { bindPresentations } from './bind-presentations.ts'
import { requireCredential } from './require-credential.ts'

/** The presentation takes the version of the data model that its credentials have. */
const modelContexts: ReadonlySet<string> = new Set(Object.values(dataModelContexts))

/** A token goes into an envelope where an object is asked for (Verifiable Credentials Data Model 2.0, 4.12). */
const enveloped = (credential: Secured, mediaType: string): JsonObject =>
  typeof credential === 'string' ? envelopeCredential(credential, mediaType) : credential

/** Binds what deals with whole documents: credentials as their issuers write them, and did:web. */
export function bindDocuments(wiring: Wiring) {
  const { config, documents, pipeline, registrar, stores, verification } = wiring
  const bound = bindPresentations(wiring)
  const { own } = wiring
  return {
    issueDocument: async (request) => {
      const outcome = await issueDocument(documents, request)
      return { ...outcome, verifiableCredential: enveloped(outcome.credential, outcome.mediaType) }
    },
    issuedDocument: async (input) => {
      const { credential, format } = await requireCredential(own, input)
      const { mediaType = '' } = pipeline.formats.find(({ name }) => name === format) ?? {}
      return enveloped(credential, mediaType)
    },
    eraseCredential: async (input) => {
      const { credentialId, issuerDid } = await requireCredential(own, input)
      const event = { type: 'credentials.erased', subject: issuerDid, data: { credentialId } } as const
      await own.credentials.erase(credentialId, eventRow({ ...event, at: pipeline.now() }))
    },
    verifyDocument: ({ credential, ...input }) =>
      verifyCredential(verification, {
        ...input,
        credential: openEnvelope(credential as Json) ?? credential,
        inlineContexts: true,
      }),
    deriveDocument: async (input) => {
      const derived = await bound.deriveCredential({ ...input, inlineContexts: true })
      if (typeof derived !== 'string') return derived
      const format = pipeline.formats.find(({ open }) => open(derived, { inlineContexts: true }))
      return envelopeCredential(derived, format?.mediaType ?? '')
    },
    provePresented: async ({ contexts = [], ...input }) => {
      const further = contexts.filter((url) => !modelContexts.has(url))
      const secured = await bound.provePresentation({ ...input, contexts: further })
      return typeof secured === 'string' ? envelopedPresentation(secured) : secured
    },
    verifyPresented: ({ presentation, ...input }) =>
      bound.verifyPresentation({
        ...input,
        presentation: presentationToken(presentation as Json) ?? presentation,
        holderBinding: false,
        inlineContexts: true,
      }),
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

const presentationType = 'EnvelopedVerifiablePresentation'

/** A token in the envelope of a presentation (Verifiable Credentials Data Model 2.0, 4.13.3). */
function envelopedPresentation(token: string): JsonObject {
  const format = presentationFormats.find(({ open }) => open(token))
  return { ...envelopeCredential(token, format?.mediaType ?? ''), type: presentationType }
}

/** The token of such an envelope; both kinds of envelope have the same form. */
function presentationToken(value: Json): string | undefined {
  const types = [(value as JsonObject | null)?.type].flat()
  if (!types.includes(presentationType)) return undefined
  return openEnvelope({ ...(value as JsonObject), type: 'EnvelopedVerifiableCredential' })
}

/** The did:web of a path: a host without a path has its document in `.well-known` (did:web Method, 3.2). */
function servedAt(publicUrl: string, path: string): string | undefined {
  const isHost = new URL(publicUrl).pathname === '/'
  if (path === '.well-known') return isHost ? didWebOf(publicUrl, '') : undefined
  return path === '' && isHost ? undefined : didWebOf(publicUrl, path)
}
