import { proofSetViolations } from '../documents/proof-set.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { dataModelContexts } from './credential-document.ts'
import { envelopeCredential } from './enveloped-credential.ts'
import type {
  OpenedPresentation,
  PresentationContent,
  PresentationFormat,
  PresentedCredential,
} from './presentation.ts'
import { readPresentation } from './read-presentation.ts'

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (violations: readonly Violation[]): IssuerError =>
  new IssuerError('MALFORMED_REQUEST', { detail: 'The presentation is not well formed.', violations })

function embedded(
  { secured, mediaType }: PresentedCredential,
  dataModel: PresentationContent['dataModel'],
): JsonObject {
  if (typeof secured !== 'string') return secured
  if (dataModel === '2.0') return envelopeCredential(secured, mediaType)
  throw new IssuerError('DATA_MODEL_UNSUPPORTED', {
    detail: 'A presentation of data model 1.1 with an embedded proof holds JSON credentials, no tokens.',
  })
}

function construct(content: PresentationContent): JsonObject {
  const { dataModel, contexts, id, holderDid, credentials } = content
  return {
    '@context': [...new Set([dataModelContexts[dataModel], ...contexts])],
    ...(id !== undefined && { id }),
    type: ['VerifiablePresentation'],
    ...(holderDid !== undefined && { holder: holderDid }),
    ...(credentials.length > 0 && {
      verifiableCredential: credentials.map((credential) => embedded(credential, dataModel)),
    }),
  }
}

function open(received: unknown): OpenedPresentation | undefined {
  if (!isObject(received)) return undefined
  if (![received.type].flat().includes('VerifiablePresentation')) return undefined
  const { proof, ...document } = received
  const isProven = proof !== undefined
  const violations = isProven ? proofSetViolations(received) : []
  if (violations.length > 0) throw malformed(violations)
  return { document, ...readPresentation(document), isProven, secured: received }
}

/** A JSON presentation with an embedded proof, or with none (Verifiable Credential Data Integrity 1.0). */
export const dataIntegrityPresentation: PresentationFormat = {
  name: 'data-integrity',
  mediaType: 'application/vp',
  construct,
  open,
}
