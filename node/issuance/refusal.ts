import { IssuerError } from '../errors.ts'
import type { Address, Ledger } from '../ledger/ledger.ts'

/** Whether the ledger refused a transaction, as against not answering. */
export function isRevert(error: unknown): error is IssuerError {
  return error instanceof IssuerError && error.code === 'TRANSACTION_REVERTED'
}

/** Whether another transaction took the nonce of one, which was not refused then. */
export function isReplaced(error: IssuerError): boolean {
  return error.facts.error === 'TransactionReplaced'
}

/** Whether a transaction was lost, not refused: another one took its nonce, or its reason is not known. */
export function isLost(error: IssuerError): boolean {
  return isReplaced(error) || (error.facts.error ?? null) === null
}

/** Why the ledger refused to write for an issuer, in the words of this node where it has some. */
export async function refusalOf(
  deps: { ledger: Pick<Ledger, 'dids' | 'relayer'> },
  issuer: Address,
  error: IssuerError,
): Promise<IssuerError> {
  if (!(await deps.ledger.dids.isActive(issuer)))
    return new IssuerError('ISSUER_DEACTIVATED', { cause: error })
  if (!(await deps.ledger.dids.isAuthorized(issuer, 'status', deps.ledger.relayer)))
    return new IssuerError('DELEGATION_ON_LEDGER_MISSING', { cause: error })
  return error
}
