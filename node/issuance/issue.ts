import { randomUUID } from 'node:crypto'
import { createPause } from '../time-slice.ts'
import { anchorWait } from './anchor-wait.ts'
import { checkDelegation } from './check-delegation.ts'
import { checkHolder } from './check-holder.ts'
import { checkTerms } from './check-terms.ts'
import { construct } from './construct.ts'
import type { IssuanceTerms, IssuedCredential, Subject } from './issuance.ts'
import { issuedCredential } from './issued-credential.ts'
import type { PipelineDeps } from './pipeline.ts'
import { record } from './record.ts'
import { rehearse } from './rehearse.ts'
import { sign } from './sign.ts'
import { validateClaims } from './validate-claims.ts'

/**
 * Issues one credential. What fails before `record` has written nothing; after it, the credential is issued, and
 * its registration is pending where the ledger takes longer than the node waits.
 * @throws what the steps throw
 */
export async function issue(deps: PipelineDeps, request: IssuanceTerms & Subject): Promise<IssuedCredential> {
  const { holderDid, claims } = request
  const terms = await checkTerms(deps, request)
  const holder = await checkHolder(deps, holderDid)
  const subject = { holderDid, claims, holder, credentialId: `urn:uuid:${randomUUID()}` }
  validateClaims(terms.schema, claims)
  await checkDelegation(deps, terms, subject)
  if (request.dryRun) return rehearse(deps, terms, subject)

  const recorded = deps.anchor.expect()
  try {
    const [entry] = await deps.allocateStatus({
      issuer: terms.issuer,
      count: terms.purposes.length > 0 ? 1 : 0,
    })
    const document = construct(deps, terms, { ...subject, entry })
    const signed = { ...subject, entry, ...(await sign(terms, { document, created: deps.now() })) }
    await record(deps, terms, { credentials: [signed], pause: createPause() })
    recorded()
    return issuedCredential(terms, signed, await anchorWait(deps, terms, signed))
  } finally {
    recorded()
  }
}
