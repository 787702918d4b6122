import type { Resolvable } from 'did-resolver'
import { openVerification } from '../composition/open-verification.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Secured, Suite } from '../suites/suite.ts'
import { openCredential } from '../verification/open-credential.ts'
import { type ClaimedRegistration, checkRegistration } from '../verification/registration-evidence.ts'
import { verifyCredential } from '../verification/verify-credential.ts'
import type { Bundle, RegisteredContext } from './bundle.ts'
import { createRecorder } from './recorder.ts'
import { registeredContexts } from './registered-contexts.ts'

interface Deps {
  ledger: Ledger
  resolver: Resolvable
  suites: readonly Suite[]
  contexts: readonly RegisteredContext[]
}

interface Input {
  credential: unknown
  chain?: readonly unknown[] | undefined
  registration?: ClaimedRegistration | undefined
}

/**
 * Puts a credential and all that its verification asks the chain for into one document: DID documents and their
 * histories, schema and contexts, the whole status lists, the registration. All of it is at least as new as the block
 * that the bundle names. What it makes of a credential that does not verify shows that, too.
 * @throws MALFORMED_REQUEST, CHAIN_UNREACHABLE
 */
export async function makeBundle(
  { ledger, resolver, suites, contexts }: Deps,
  input: Input,
): Promise<Bundle> {
  const head = await ledger.head()
  const hash = await ledger.blockHash(head.blockNumber)
  const recorder = createRecorder({ ledger, resolver })
  const { deps } = openVerification({
    ...{ ledger: recorder.ledger, resolver: recorder.resolver, suites },
    ...{ ttlMs: 0, statusListFetch: 'off', registeredContext: registeredContexts(contexts) },
  })
  const { credential, chain = [], registration } = input
  await verifyCredential(deps, { credential, chain, registration })
  if (registration) await checkRegistration(deps, openCredential(deps.formats, credential), registration)
  return {
    type: 'CartularyBundle',
    version: 1,
    network: { chainId: ledger.chainId, didRegistry: ledger.registries.didRegistry },
    block: { number: head.blockNumber, hash: hash as Bundle['block']['hash'], time: head.time },
    credential: credential as Secured,
    chain: chain as Secured[],
    registration: registration ?? null,
    contexts: [...contexts],
    ...recorder.facts(),
  }
}
