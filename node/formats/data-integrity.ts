import { canonicalForm } from '../canonical-form.ts'
import { proofSetViolations } from '../documents/proof-set.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { constructDocument } from './credential-document.ts'
import { readFacts } from './credential-facts.ts'
import type { Format, OpenedCredential } from './format.ts'
import { withoutBlankNames } from './without-blank-names.ts'

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (violations: readonly Violation[]): IssuerError =>
  new IssuerError('MALFORMED_REQUEST', { detail: 'The credential is not well formed.', violations })

/** JCS bytes (RFC 8785). @throws MALFORMED_REQUEST for text that is not well-formed Unicode */
function jcs(document: JsonObject): Buffer {
  try {
    return Buffer.from(canonicalForm(document))
  } catch (error) {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'The credential has no canonical form: its text is not well-formed Unicode.',
      cause: error,
    })
  }
}

function open(received: unknown): OpenedCredential | undefined {
  if (!isObject(received) || received.proof === undefined) return undefined
  const { proof, ...document } = received
  const violations = proofSetViolations(received)
  if (violations.length > 0) throw malformed(violations)
  if (([proof].flat() as JsonObject[]).some(({ jwt }) => jwt !== undefined)) {
    const message = 'must be sent by itself: the compact JWT as a string'
    throw malformed([{ pointer: '/proof/jwt', message }])
  }
  jcs(received)
  const facts = readFacts(document)
  const subjects = facts.subjects.map(withoutBlankNames)
  return { document, facts: { ...facts, subjects }, secured: received }
}

/** A JSON credential with an embedded proof (Verifiable Credential Data Integrity 1.0 and the older 2020 proofs). */
export const dataIntegrity: Format = {
  name: 'data-integrity',
  mediaType: 'application/vc',
  construct: constructDocument,
  open,
  digestInput: (secured) => jcs(secured as JsonObject),
}
