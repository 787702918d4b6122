import { IssuerError } from '../errors.ts'
import type { CheckedTerms, IssuerRecord, PipelineDeps } from './pipeline.ts'

interface CheckedIssuer {
  issuer: CheckedTerms['issuer']
  keys: IssuerRecord['keys']
  /** Ids of the methods under assertionMethod of the DID document. */
  assertionMethods: readonly string[]
}

/**
 * Whether the issuer is a did:ethr of this registry with keys in this node, not deactivated, and, where something
 * has to be registered, whether the relayer may write its status lists. Where the configuration allows, a DID without
 * ledger, such as did:key, issues too, but nothing that has to be registered: lists on the ledger are of ledger DIDs.
 * @throws ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, STATUS_UNAVAILABLE, DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE
 */
export async function checkIssuer(
  deps: Pick<PipelineDeps, 'ledger' | 'facts' | 'issuers' | 'offLedgerIssuers'>,
  input: { issuerDid: string; registers: boolean },
): Promise<CheckedIssuer> {
  const { issuerDid: did } = input
  const identity = deps.ledger.identityOf(did) ?? null
  const record = identity || deps.offLedgerIssuers ? await deps.issuers.get(did) : undefined
  if (!record) throw new IssuerError('ISSUER_NOT_FOUND', { facts: { did } })
  const resolved = await deps.facts.did(did)
  if (!resolved) throw new IssuerError('ISSUER_NOT_FOUND', { facts: { did } })
  if (resolved.deactivated) throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  if (record.keys.length === 0) throw new IssuerError('ISSUER_NOT_FOUND', { facts: { did } })
  if (input.registers && !identity) throw new IssuerError('STATUS_UNAVAILABLE', { facts: { did } })
  if (input.registers && identity && !(await deps.facts.isStatusDelegate(identity)))
    throw new IssuerError('DELEGATION_ON_LEDGER_MISSING', {
      detail: 'The account of this node is no delegate of type "status" of the issuer.',
      facts: { did, delegate: deps.ledger.relayer },
    })
  const methods = [resolved.document.assertionMethod ?? []].flat()
  return {
    issuer: { did, identity, name: record.name },
    keys: record.keys,
    assertionMethods: methods.map((method) =>
      typeof method === 'string' ? method : String((method as { id?: unknown } | null)?.id),
    ),
  }
}
