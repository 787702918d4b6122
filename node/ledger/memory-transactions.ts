import type { Address } from './ledger.ts'
import type { StoredTransaction, TransactionStore } from './transaction-store.ts'

const isOpen = ({ state }: StoredTransaction) => state === 'signed' || state === 'mined'
const inOrder = (a: StoredTransaction, b: StoredTransaction) => a.nonce - b.nonce || a.attempt - b.attempt

/** Keeps transactions in memory: for tools and trials, which nobody expects to go on after a crash. */
export function createMemoryTransactions(): TransactionStore {
  const nonces = new Map<Address, number>()
  const kept = new Map<string, StoredTransaction>()
  const those = (which: (transaction: StoredTransaction) => boolean) =>
    [...kept.values()].filter(which).sort(inOrder)
  const keep = (transaction: StoredTransaction) => void kept.set(transaction.hash, { ...transaction })

  const move = ([first, ...more]: readonly StoredTransaction[], back: boolean) => {
    if (!first) return true
    const after = first.nonce + more.length + 1
    if (nonces.get(first.relayer) !== (back ? after : first.nonce)) return false
    nonces.set(first.relayer, back ? first.nonce : after)
    return true
  }

  return {
    async nextNonce(relayer, atLeast) {
      const next = Math.max(nonces.get(relayer) ?? 0, atLeast)
      nonces.set(relayer, next)
      return next
    },
    async take(transactions) {
      if (!move(transactions, false)) return false
      transactions.forEach(keep)
      return true
    },
    async release(transactions) {
      if (!move(transactions, true)) return false
      for (const { hash } of transactions) kept.delete(hash)
      return true
    },
    async addAttempt(transaction) {
      const { relayer, nonce, attempt } = transaction
      const same = those((one) => one.relayer === relayer && one.nonce === nonce && one.attempt === attempt)
      if (same.length === 0) keep(transaction)
      return same.length === 0
    },
    open: async (relayer) => those((one) => one.relayer === relayer && isOpen(one)),
    ofNonce: async (relayer, nonce) => those((one) => one.relayer === relayer && one.nonce === nonce),
    get: async (hash) => kept.get(hash),
    ofReference: async (reference) => those((one) => one.reference === reference),
    async note(changes) {
      for (const { hash, state, block } of changes) {
        const known = kept.get(hash)
        if (!known) continue
        known.state = state
        // what nobody asks for any more must not fill the memory
        if (state === 'final' || state === 'lost') kept.delete(hash)
        if (!block) continue
        known.blockNumber = block.number
        known.blockHash = block.hash
        known.gasUsed = block.gasUsed
      }
    },
  }
}
