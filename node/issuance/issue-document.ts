import { errorTable, IssuerError } from '../errors.ts'
import type { CredentialFacts } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import { type Act, presentAct, requestContext } from '../request-context.ts'
import { textOf } from '../secured-text.ts'
import { createPause } from '../time-slice.ts'
import { addProof } from './add-proof.ts'
import { anchorWait } from './anchor-wait.ts'
import { checkDocument } from './check-document.ts'
import { completeDocument } from './complete-document.ts'
import { namedCredentialId, newCredentialId } from './credential-id.ts'
import type { DocumentDeps, DocumentRequest, DocumentTerms } from './document-terms.ts'
import type { IssuedCredential } from './issuance.ts'
import { issuedCredential } from './issued-credential.ts'
import type { StatusEntry } from './pipeline.ts'
import { type IssuedOutcome, noting, recallIssued } from './recall-issued.ts'
import { record, type SignedCredential } from './record.ts'
import { sign } from './sign.ts'

/**
 * Issues a credential that its issuer has written as a whole document; the steps are those of `issue`, with what the
 * document says instead of a schema and claims. What fails before `record` has written nothing.
 * @throws CREDENTIAL_ALREADY_EXISTS, and what the steps throw
 */
export async function issueDocument(
  deps: DocumentDeps,
  asked: DocumentRequest,
): Promise<IssuedCredential & { mediaType: string }> {
  const act = presentAct<IssuedOutcome & { mediaType: string }>('issue document')
  const recalled = await recallIssued(deps, act?.outcome)
  if (act?.outcome && recalled) return { ...recalled, mediaType: act.outcome.mediaType }
  const { proofs = [] } = asked
  const request = proofs.length > 0 ? asked : { ...asked, document: dated(asked.document, deps.now()) }
  const terms = await checkDocument(deps, request)
  const credentialId = await recordIdOf(deps, request, terms.facts)
  await checkDelegations(deps, terms, credentialId)

  const recorded = deps.anchor.expect(1)
  try {
    const [entry] = await deps.allocateStatus({
      issuer: terms.issuer,
      count: terms.purposes.length > 0 && proofs.length === 0 ? 1 : 0,
    })
    const holderDid = String(terms.facts.subjects.find(({ id }) => id !== undefined)?.id ?? '')
    const signing =
      proofs.length > 0
        ? addProof(deps, terms, { ...request, proofs })
        : signFirst(deps, terms, { ...request, credentialId, entry })
    const { secured, digest } = await signing.catch(refuseDocument)
    const signed = await recordOne(deps, terms, {
      signed: { credentialId, holderDid, entry, secured: textOf(secured), digest },
      mayRename: isVersion(request),
      act,
    })
    recorded()
    const registration = await anchorWait(deps, terms, signed)
    return { ...issuedCredential(terms, signed, registration), mediaType: terms.format.mediaType }
  } finally {
    recorded()
  }
}

/** Signs a document that nobody has signed, and that is completed therefore. */
function signFirst(
  deps: DocumentDeps,
  terms: DocumentTerms,
  { proofId, ...input }: DocumentRequest & { credentialId: string; entry: StatusEntry | undefined },
) {
  if (input.previousProof?.length) {
    const violations = [{ pointer: '/options/previousProof', message: 'must name proofs of this document' }]
    throw new IssuerError('MALFORMED_REQUEST', { violations })
  }
  const document = completeDocument(deps, terms, input)
  return sign(terms, { document, created: deps.now(), ...(proofId !== undefined && { proofId }) })
}

/** Records under its name; where another request took the name meanwhile, under a new one or not at all. */
async function recordOne(
  deps: DocumentDeps,
  terms: DocumentTerms,
  {
    signed,
    mayRename,
    act,
  }: {
    signed: SignedCredential
    mayRename: boolean
    act: Act<IssuedOutcome & { mediaType: string }> | undefined
  },
): Promise<SignedCredential> {
  const { mediaType } = terms.format
  const write = (credential: SignedCredential) =>
    record(deps, terms, {
      ...{ credentials: [credential], pause: createPause() },
      ...noting(act, { credentialId: credential.credentialId, mediaType }),
    })
  try {
    await write(signed)
    return signed
  } catch (error) {
    if (!mayRename || !(error instanceof IssuerError) || error.code !== 'CREDENTIAL_ALREADY_EXISTS')
      throw error
    const renamed = { ...signed, credentialId: newCredentialId() }
    await write(renamed)
    return renamed
  }
}

/** What a suite says about a document that it cannot secure is for whoever wrote it. */
function refuseDocument(error: unknown): never {
  if (!(error instanceof IssuerError) || error.code !== 'SIGNING_FAILED') throw error
  if (error.message === errorTable.SIGNING_FAILED.title) throw error
  throw new IssuerError('MALFORMED_REQUEST', { detail: error.message, cause: error })
}

/** Data model 1.1 wants a date of issuance (4.6); version 2.0 has none. */
function dated(document: JsonObject, now: Date): JsonObject {
  const [first] = [document['@context']].flat()
  if (first !== 'https://www.w3.org/2018/credentials/v1' || 'issuanceDate' in document) return document
  return { ...document, issuanceDate: `${now.toISOString().slice(0, 19)}Z` }
}

/** Whether a credential whose id is taken counts as another version: nothing has to lead to it by its id. */
const isVersion = ({ credentialId, purposes }: DocumentRequest): boolean =>
  credentialId === undefined && purposes.length === 0

/**
 * The id of the record: by the id of the document, or the name asked for. A second credential with the id of a first one
 * is another version of it; where the name has to lead to one of them, to revoke it, it must be new.
 */
async function recordIdOf(
  { credentials }: Pick<DocumentDeps, 'credentials'>,
  request: DocumentRequest,
  { id }: CredentialFacts,
): Promise<string> {
  const name = request.credentialId ?? id
  if (name === undefined) return newCredentialId()
  const { tenantId } = requestContext()
  const recordId = namedCredentialId(name, tenantId)
  const known = await credentials.getMany([recordId, name])
  // a record may bear the name itself
  if (!known.some((row) => row.credential_id === recordId || row.tenant_id === tenantId)) return recordId
  if (isVersion(request)) return newCredentialId()
  throw new IssuerError('CREDENTIAL_ALREADY_EXISTS', { facts: { credentialId: name } })
}

/** Whoever delegates stays within what was delegated to it, whatever the way of asking. */
async function checkDelegations(deps: DocumentDeps, terms: DocumentTerms, credentialId: string) {
  const { types, subjects, validFrom, validUntil } = terms.facts
  for (const type of types) {
    for (const { id, ...claims } of subjects) {
      await deps.checkDelegation?.({
        ...{ credentialId, type, claims },
        issuerDid: terms.issuer.did,
        holderDid: String(id ?? ''),
        validFrom: validFrom === undefined ? deps.now() : new Date(validFrom),
        ...(validUntil !== undefined && { validUntil: new Date(validUntil) }),
      })
    }
  }
}
