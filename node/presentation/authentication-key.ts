import { IssuerError } from '../errors.ts'
import type { AssertionKey, Suite } from '../suites/suite.ts'
import type { PresentationDeps } from './presentation-deps.ts'

type Deps = Pick<PresentationDeps, 'dids' | 'keys' | 'resolveKey'>

/**
 * A key of the holder that the suite signs with and the holder's DID document lists under authentication. The controller
 * key of a did:ethr is one, as `#controller`.
 * @throws DID_NOT_FOUND when it is none of this node, AUTHENTICATION_KEY_MISSING
 */
export async function authenticationKey(
  { dids, keys, resolveKey }: Deps,
  { suite, holderDid }: { suite: Suite; holderDid: string },
): Promise<AssertionKey> {
  const stored = await dids.get(holderDid)
  if (!stored || stored.state === 'pending')
    throw new IssuerError('DID_NOT_FOUND', { facts: { did: holderDid } })
  const { controllerKeyRef } = stored
  const controller = {
    verificationMethod: `${holderDid}#controller`,
    type: 'secp256k1' as const,
    keyRef: controllerKeyRef ?? '',
  }
  const candidates = [...stored.keys, ...(controllerKeyRef === null ? [] : [controller])]
  const usable = candidates.filter(({ type }) => suite.keyTypes.includes(type))
  for (const { verificationMethod, keyRef } of usable) {
    if (await resolveKey(verificationMethod, { purpose: 'authentication' })) {
      return { verificationMethod, signer: await keys.requireSigner(keyRef) }
    }
  }
  throw new IssuerError('AUTHENTICATION_KEY_MISSING', {
    facts: { did: holderDid, proofType: suite.name, keyTypes: suite.keyTypes.join(', ') },
  })
}
