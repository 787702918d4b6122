import { IssuerError } from '../errors.ts'
import type { Address } from '../ledger/ledger.ts'
import type { SchemaDeps } from './registrar.ts'

/**
 * The identity of an issuer of this node for which the relayer may write schemas.
 * @throws ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE
 */
export async function requireSchemaIssuer(
  { ledger, dids }: Pick<SchemaDeps, 'ledger' | 'dids'>,
  did: string,
): Promise<Address> {
  const facts = { did }
  const identity = ledger.identityOf(did)
  const stored = identity && (await dids.get(did))
  if (!identity || !stored || stored.state === 'pending') throw new IssuerError('ISSUER_NOT_FOUND', { facts })
  if (await ledger.dids.isAuthorized(identity, 'schema', ledger.relayer)) return identity
  if (!(await ledger.dids.isActive(identity))) throw new IssuerError('ISSUER_DEACTIVATED', { facts })
  const message = `must have the delegate ${ledger.relayer} of type schema on the ledger`
  throw new IssuerError('DELEGATION_ON_LEDGER_MISSING', {
    violations: [{ pointer: '/issuerDid', message }],
    facts,
  })
}
