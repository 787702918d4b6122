import { compromiseAttribute, compromiseStatement, readKeyHistory } from '../did/key-history.ts'
import { IssuerError } from '../errors.ts'
import type { Address, DidChange } from '../ledger/ledger.ts'
import type { DidDeps } from './registrar.ts'

interface Input {
  did: string
  identity: Address
  /** DID URLs of keys, of now or of earlier. */
  verificationMethods: readonly string[]
  since: Date
}

/** A validity has no meaning for a statement that is never taken back. */
const validity = 1

/**
 * The changes with which an issuer marks keys as compromised on the ledger.
 * @throws KEY_NOT_FOUND, MALFORMED_REQUEST for a time in the future, CHAIN_UNREACHABLE
 */
export async function compromiseChanges(
  { ledger, now }: Pick<DidDeps, 'ledger' | 'now'>,
  { did, identity, verificationMethods, since }: Input,
): Promise<DidChange[]> {
  if (since.getTime() > now().getTime()) {
    const violations = [{ pointer: '/compromisedSince', message: 'must not be in the future' }]
    throw new IssuerError('MALFORMED_REQUEST', { violations })
  }
  const periods = readKeyHistory(identity, await ledger.dids.history(identity))?.periods ?? []
  return verificationMethods.map((verificationMethod): DidChange => {
    const period = periods.findLast(({ fragment }) => `${did}#${fragment}` === verificationMethod)
    if (!period) throw new IssuerError('KEY_NOT_FOUND', { facts: { did, verificationMethod } })
    const value = compromiseStatement(period.fingerprint, since)
    return { kind: 'setAttribute', name: compromiseAttribute, value, validity }
  })
}
