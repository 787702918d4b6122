import type { JsonObject } from '../../json.ts'
import { parseSchemaId } from '../../ledger/resource-id.ts'
import type { Issuer } from '../issuer.ts'
import { type ProblemDetail, problemDetail, problemTypes } from './problem-details.ts'

type Outcome = Awaited<ReturnType<Issuer['verify']>>
type CheckName = keyof Outcome['checks']

/** What a caller wants the proofs of a credential to say. */
export interface ProofWishes {
  challenge?: string | undefined
  domain?: string | undefined
  expectedProofPurpose?: string | undefined
}

/** What was found, in the words of the VC API; it verified when there are no problems but warnings. */
export interface Judgement {
  verified: boolean
  problemDetails: ProblemDetail[]
}

const failures: Partial<Record<CheckName, string>> = {
  proof: problemTypes.cryptographic,
  issuer: problemTypes.cryptographic,
  expiration: problemTypes.range,
  revocation: problemTypes.statusVerification,
}

/**
 * A schema is what the verifier of a ledger asks for; the W3C data model has credentials without one and with others,
 * which are for whoever knows them.
 */
function isForeignSchema({ checks }: Outcome): boolean {
  const { status, schemaId } = checks.schema
  return status === 'unknown' && (schemaId === null || parseSchemaId(schemaId) === undefined)
}

function problemOfCheck(name: string, { status, reason = '' }: { status: string; reason?: string }) {
  const isUndecided = status === 'unknown'
  const type =
    name === 'revocation' && isUndecided
      ? problemTypes.statusRetrieval
      : (failures[name as CheckName] ?? problemTypes.malformed)
  return problemDetail(type, isUndecided ? `It could not be decided: ${reason}` : reason)
}

/**
 * What inline contexts mean for whoever reads the members of a credential by their names: RDF signs no names, and a
 * holder can write other ones for the same statements. A schema of the ledger says what its names mean, and no other.
 */
function inlineProblems(
  { inlineContexts }: Outcome,
  isForeign: boolean,
): { problems: ProblemDetail[]; isFatal: boolean } {
  if (!inlineContexts) return { problems: [], isFatal: false }
  const type = isForeign ? `${problemTypes.warning}INLINE_CONTEXT` : problemTypes.malformed
  const detail = isForeign
    ? 'The credential defines terms itself: read it as linked data, or compare its @context with the one you know.'
    : 'A credential with a schema of the ledger must not define terms itself.'
  return { problems: [problemDetail(type, detail)], isFatal: !isForeign }
}

/** Judges the outcome of a verification of one credential. */
export function judgeCredential(outcome: Outcome): Judgement {
  const foreign = isForeignSchema(outcome)
  const problems: ProblemDetail[] = []
  for (const [name, result] of Object.entries(outcome.checks)) {
    if (result === undefined || result.status === 'pass' || (name === 'schema' && foreign)) continue
    problems.push(problemOfCheck(name, result))
  }
  const { schemaId } = outcome.checks.schema
  const warnings =
    foreign && schemaId !== null
      ? [
          problemDetail(
            `${problemTypes.warning}SCHEMA_NOT_CHECKED`,
            `The schema ${schemaId} was not checked.`,
          ),
        ]
      : []
  const inline = inlineProblems(outcome, foreign)
  const verified = problems.length === 0 && !inline.isFatal
  return { verified, problemDetails: [...problems, ...inline.problems, ...warnings] }
}

/** What the proofs of a credential do not say that the caller asked for; a token has no such members. */
export function proofProblems(credential: unknown, wishes: ProofWishes): ProblemDetail[] {
  const { challenge, domain, expectedProofPurpose } = wishes
  const wanted = { challenge, domain, proofPurpose: expectedProofPurpose }
  const proofs = [(credential as JsonObject | null)?.proof ?? {}].flat() as JsonObject[]
  return Object.entries(wanted).flatMap(([name, value]) => {
    if (value === undefined) return []
    const says = proofs.every((proof) => [proof?.[name]].flat().includes(value))
    return says ? [] : [problemDetail(problemTypes.cryptographic, `The proof does not have this ${name}.`)]
  })
}
