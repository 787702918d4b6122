import { IssuerError } from '../errors.ts'
import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { CredentialRow, CredentialStore } from '../stores/credentials.ts'
import type { StatusListStore } from '../stores/status-lists.ts'

/** Status of a credential, as the ledger has it at `checkedAt` (ISO 8601, UTC). */
export interface CredentialStatus {
  credentialId: string
  status: 'valid' | 'revoked' | 'suspended'
  revoked: boolean
  suspended: boolean
  statusListId: string | null
  statusListIndex: number | null
  checkedAt: string
  /** Whether it was the same in the newest block that counts as final. */
  final: boolean
}

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'head'>
  /** Blocks on top of another one that make it final. */
  finalityDepth: number
  credentials: Pick<CredentialStore, 'get'>
  statusLists: Pick<StatusListStore, 'get'>
  now(): Date
}

/** Reads the status of a credential of this node from the ledger. @throws CREDENTIAL_NOT_FOUND, CHAIN_UNREACHABLE */
export async function credentialStatus(deps: Deps, credentialId: string): Promise<CredentialStatus> {
  const row = await deps.credentials.get(credentialId)
  if (!row) throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
  const { status_index: index } = row
  const read = (blockNumber?: number) => readBits(deps, row, blockNumber)
  const { revoked, suspended } = await read()
  return {
    credentialId,
    status: revoked ? 'revoked' : suspended ? 'suspended' : 'valid',
    revoked,
    suspended,
    statusListId: row.status_list_id,
    statusListIndex: index,
    checkedAt: deps.now().toISOString(),
    final: await isFinal(deps, { revoked, suspended }, read),
  }
}

type Bits = Pick<CredentialStatus, 'revoked' | 'suspended'>

async function readBits(deps: Deps, row: CredentialRow, blockNumber: number | undefined): Promise<Bits> {
  const { status_index: index } = row
  const bit = async (statusListId: string | null) => {
    const list = statusListId === null ? undefined : await deps.statusLists.get(statusListId)
    if (list === undefined || index === null) return false
    return deps.ledger.statusLists.statusOf(list.key as Hex, index, blockNumber)
  }
  const [revoked, suspended] = await Promise.all([bit(row.revocation_list_id), bit(row.suspension_list_id)])
  return { revoked, suspended }
}

async function isFinal(
  { ledger, finalityDepth }: Pick<Deps, 'ledger' | 'finalityDepth'>,
  now: Bits,
  read: (blockNumber: number) => Promise<Bits>,
): Promise<boolean> {
  if (finalityDepth === 0) return true
  try {
    const { blockNumber } = await ledger.head()
    const then = await read(Math.max(0, blockNumber - finalityDepth))
    return then.revoked === now.revoked && then.suspended === now.suspended
  } catch (error) {
    // there was no list then, or the endpoint keeps no state as old as that
    if (error instanceof IssuerError) return false
    throw error
  }
}
