import { IssuerError } from '../errors.ts'
import { parseStatusListId } from '../ledger/resource-id.ts'
import type { ListEncoding } from '../status/status-list.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import { listOffers } from './list-offers.ts'
import type { PipelineDeps } from './pipeline.ts'

type Parts = 'issuers' | 'keys' | 'suites' | 'formats' | 'claimsTokens' | 'statusEncodings'

interface Deps extends Pick<PipelineDeps, Parts> {
  statusLists: Pick<StatusListStore, 'openIds'>
}

/** Ids of the lists that are published as tokens: an issuer with keys for selective disclosure alone signs no token. */
export async function tokenListIds(deps: Deps, issuerDid: string | undefined): Promise<string[]> {
  const { list } = deps.statusEncodings.find((encoding) => encoding.list?.segment === 'token') ?? {}
  if (!list) return []
  const ids = await deps.statusLists.openIds(issuerDid)
  const issuerOf = (id: string) => parseStatusListId(id)?.issuerDid ?? ''
  const signing = new Map<string, boolean>()
  for (const did of new Set(ids.map(issuerOf))) signing.set(did, await canSign(deps, did, list))
  return ids.filter((id) => signing.get(issuerOf(id)))
}

async function canSign(deps: Deps, did: string, list: ListEncoding): Promise<boolean> {
  try {
    return (await listOffers(deps, did, list)).length > 0
  } catch (error) {
    if (error instanceof IssuerError && error.code === 'ASSERTION_KEY_MISSING') return false
    throw error
  }
}
