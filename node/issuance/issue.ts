import { step } from '../observation.ts'
import { presentAct } from '../request-context.ts'
import { textOf } from '../secured-text.ts'
import type { Database } from '../stores/database.ts'
import { createPause } from '../time-slice.ts'
import { anchorWait } from './anchor-wait.ts'
import { checkDelegation } from './check-delegation.ts'
import { checkHolder } from './check-holder.ts'
import { checkTerms } from './check-terms.ts'
import { createConstructor } from './construct.ts'
import { newCredentialId } from './credential-id.ts'
import type { IssuanceTerms, IssuedCredential, Subject } from './issuance.ts'
import { issuedCredential } from './issued-credential.ts'
import type { PipelineDeps } from './pipeline.ts'
import { type IssuedOutcome, noting, recallIssued } from './recall-issued.ts'
import { record, type SignedCredential } from './record.ts'
import { rehearse } from './rehearse.ts'
import { sign } from './sign.ts'
import { validateClaims } from './validate-claims.ts'

/** What is written in the transaction that records the credential. */
interface AlsoRecorded {
  also?: (trx: Database, signed: SignedCredential) => Promise<void>
}

/**
 * Issues one credential. What fails before `record` has written nothing; after it, the credential is issued, and
 * its registration is pending where the ledger takes longer than the node waits.
 * @throws what the steps throw
 */
export async function issue(
  deps: PipelineDeps,
  request: IssuanceTerms & Subject & AlsoRecorded,
): Promise<IssuedCredential> {
  const { holderDid, claims } = request
  const act = presentAct<IssuedOutcome>('issue')
  const recalled = await recallIssued(deps, act?.outcome)
  if (recalled) return recalled
  const terms = await step('check terms', () => checkTerms(deps, request))
  const holder = await step('check holder', () => checkHolder(deps, holderDid))
  const subject = { holderDid, claims, holder, credentialId: newCredentialId() }
  validateClaims(terms.schema, claims)
  await checkDelegation(deps, terms, subject)
  if (request.dryRun) return rehearse(deps, terms, subject)

  const recorded = deps.anchor.expect(1)
  try {
    const count = terms.purposes.length > 0 ? 1 : 0
    const [entry] = await step('allocate status', () => deps.allocateStatus({ issuer: terms.issuer, count }))
    const document = createConstructor(deps, terms)({ ...subject, entry })
    const { secured, digest } = await step('sign', () => sign(terms, { document, created: deps.now() }))
    const signed = { ...subject, entry, secured: textOf(secured), digest }
    const { credentialId } = signed
    await record(deps, terms, {
      ...{ credentials: [signed], pause: createPause() },
      also: async (trx) => {
        await noting(act, { credentialId }).also?.(trx)
        await request.also?.(trx, signed)
      },
    })
    recorded()
    const registration = await step('wait for the ledger', () => anchorWait(deps, terms, signed))
    return issuedCredential(terms, signed, registration)
  } finally {
    recorded()
  }
}
