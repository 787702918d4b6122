import { type ErrorCode, IssuerError } from '../errors.ts'
import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { RegistrationStore } from '../stores/registrations.ts'
import { createPause } from '../time-slice.ts'
import { createMemo } from './memo.ts'
import { createMerkleTree } from './merkle-tree.ts'
import { registrationLeaves } from './registration-leaves.ts'

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
  /** Block that holds the transaction. */
  blockNumber: number
  /** Blocks on top of that one; null when the chain does not answer, or holds the transaction no longer. */
  confirmations: number | null
  /** Whether they are as many as the configuration calls final. */
  final: boolean
}

interface Deps {
  ledger: Pick<Ledger, 'receipt' | 'head'>
  /** Blocks on top of a transaction that make it final. */
  finalityDepth: number
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
      if (!registration) throw new IssuerError('REGISTRATION_PENDING')
      const leaves = registrationLeaves(registration, entries)
      return createMerkleTree(registration.key as Hex, leaves, createPause())
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
      ...(await finality(deps, registration.transaction_hash as Hex)),
    }
  }
}

/** Where the chain holds a transaction now; after a reorganisation that may be in another block, or nowhere. */
async function finality({ ledger, finalityDepth }: Pick<Deps, 'ledger' | 'finalityDepth'>, hash: Hex) {
  try {
    const [receipt, head] = await Promise.all([ledger.receipt(hash), ledger.head()])
    if (!receipt) return { confirmations: null, final: false }
    const { blockNumber } = receipt
    // two questions to a load-balanced endpoint may be answered by nodes that are not equally far
    const confirmations = Math.max(0, head.blockNumber - blockNumber)
    return { blockNumber, confirmations, final: confirmations >= finalityDepth }
  } catch (error) {
    // the proof itself holds without the chain
    if (error instanceof IssuerError && error.retryable) return { confirmations: null, final: false }
    throw error
  }
}
