import { type ErrorCode, IssuerError } from '../errors.ts'
import type { Hex } from '../ledger/ledger.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { RegistrationStore } from '../stores/registrations.ts'
import { createPause } from '../time-slice.ts'
import { createMemo } from './memo.ts'
import { createMerkleTree } from './merkle-tree.ts'

/** Merkle proof that the status entry of a credential was registered; hashes are hex with 0x. */
export interface RegistrationProof {
  credentialId: string
  statusListId: string
  /** Key of the list on the ledger. */
  statusListKey: string
  statusListIndex: number
  /** SHA-256 of the credential: see the format. */
  digest: string
  leaf: string
  proof: string[]
  root: string
  transactionHash: string
  blockNumber: number
}

interface Deps {
  credentials: Pick<CredentialStore, 'get'>
  registrations: Pick<RegistrationStore, 'get' | 'entries'>
}

const TREES = 16

/**
 * Makes registration proofs; the trees of the last registrations asked for are kept.
 * @throws CREDENTIAL_NOT_FOUND, CREDENTIAL_NOT_REVOCABLE, REGISTRATION_PENDING, and why the ledger refused it
 */
export function createRegistrationProofs(deps: Deps): (credentialId: string) => Promise<RegistrationProof> {
  const trees = createMemo({
    limit: TREES,
    load: async (registrationId: string) => {
      const registration = await deps.registrations.get(registrationId)
      const entries = await deps.registrations.entries(registrationId)
      const leaves = entries.map(({ status_index, digest }) => ({
        index: status_index,
        digest: digest as Hex,
      }))
      return createMerkleTree(registration?.key as Hex, leaves, createPause())
    },
  })

  return async (credentialId) => {
    const row = await deps.credentials.get(credentialId)
    const facts = { credentialId }
    if (!row) throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts })
    if (row.status_list_id === null || row.status_index === null)
      throw new IssuerError('CREDENTIAL_NOT_REVOCABLE', { facts })
    const registration = row.registration_id ? await deps.registrations.get(row.registration_id) : undefined
    if (registration?.state === 'refused') throw new IssuerError(registration.reason as ErrorCode, { facts })
    if (registration?.state !== 'registered') throw new IssuerError('REGISTRATION_PENDING', { facts })
    const tree = await trees.get(registration.registration_id)
    const leaf = { index: row.status_index, digest: row.digest as Hex }
    return {
      credentialId,
      statusListId: row.status_list_id,
      statusListKey: registration.key,
      statusListIndex: row.status_index,
      digest: row.digest,
      leaf: tree.leaf(leaf),
      proof: tree.proof(leaf) ?? [],
      root: tree.root,
      transactionHash: registration.transaction_hash as string,
      blockNumber: registration.block_number as number,
    }
  }
}
