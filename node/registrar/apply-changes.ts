import { IssuerError } from '../errors.ts'
import type { Address, DidChange, Receipt, SendOptions } from '../ledger/ledger.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import type { DidDeps } from './registrar.ts'

/**
 * Writes changes of a DID whose controller key this node holds; the relayer pays.
 * @throws DID_NOT_CONTROLLED, ISSUER_DEACTIVATED, TRANSACTION_REVERTED, CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function applyChanges(
  deps: Pick<DidDeps, 'ledger' | 'keyStore' | 'dids' | 'forget'>,
  { did, controllerKeyRef }: Pick<StoredDid, 'did' | 'controllerKeyRef'>,
  changes: readonly DidChange[],
  options?: SendOptions,
): Promise<Receipt> {
  const facts = { did }
  const identity = deps.ledger.identityOf(did)
  if (!identity || controllerKeyRef === null) throw new IssuerError('DID_NOT_CONTROLLED', { facts })
  const { signDigest } = await deps.keyStore.requireDigestSigner(controllerKeyRef)
  try {
    return await deps.ledger.dids.applyChangesSigned({ identity, changes, sign: signDigest }, options)
  } catch (error) {
    throw await explain(deps, identity, error, facts)
  } finally {
    deps.forget({ registry: 'did', identity })
  }
}

async function explain(
  deps: Pick<DidDeps, 'ledger' | 'dids'>,
  identity: Address,
  error: unknown,
  facts: { did: string },
): Promise<unknown> {
  if (!(error instanceof IssuerError) || error.code !== 'TRANSACTION_REVERTED') return error
  if (!(await deps.ledger.dids.isActive(identity))) {
    await deps.dids.deactivate(facts.did)
    return new IssuerError('ISSUER_DEACTIVATED', { facts, cause: error })
  }
  // Somebody gave the DID to another owner.
  if (error.facts.error === 'InvalidSignature') {
    return new IssuerError('DID_NOT_CONTROLLED', { facts, cause: error })
  }
  return error
}
