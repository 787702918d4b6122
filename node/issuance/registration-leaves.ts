import { headLeafIndex } from '../audit/entry.ts'
import type { Hex } from '../ledger/ledger.ts'
import type { RegisteredEntry, RegistrationRow } from '../stores/registrations.ts'
import type { Leaf } from './merkle-tree.ts'

/** The leaves of a registration: its entries, and the head of the audit log at an index that no entry has. */
export function registrationLeaves(
  { audit_hash: head }: Pick<RegistrationRow, 'audit_hash'>,
  entries: readonly RegisteredEntry[],
): Leaf[] {
  const leaves: Leaf[] = entries.map(({ status_index: index, digest }) => ({ index, digest: digest as Hex }))
  if (head !== null) leaves.push({ index: headLeafIndex, digest: `0x${head}` })
  return leaves
}
