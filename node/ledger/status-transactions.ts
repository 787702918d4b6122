import type { Hex, StatusOp } from './ledger.ts'

/** Tells whether a word of a list was never written. */
export type IsFresh = (key: Hex, word: number) => boolean

// Gas of setStatus: 48,000 + 5,300 × words + 380 × indices, and 17,100 for each fresh word. With twenty indices of high
// numbers in each word it was 25 to 32 more for an index (8,103,772 for 5,117 in 267 fresh words), so 420 are reckoned.
const listGas = 48_000
const wordGas = 5_300
const indexGas = 420
const freshWordGas = 17_100
// No transaction above this; one transaction on Ethereum may use 16,777,216 (EIP-7825).
export const transactionGas = 8_000_000

const wordOf = (index: number) => index >>> 8

/** The indices of one word, which one transaction writes at once. */
function byWord(indices: readonly number[]): number[][] {
  const words: number[][] = []
  let current: number | undefined
  for (const index of indices) {
    if (wordOf(index) !== current) words.push([])
    current = wordOf(index)
    words.at(-1)?.push(index)
  }
  return words
}

/**
 * Splits changes of status into transactions of at most 8,000,000 gas, in order; the parts of one list follow
 * each other in version.
 */
export function splitIntoTransactions(ops: readonly StatusOp[], isFresh: IsFresh): StatusOp[][] {
  const transactions: StatusOp[][] = [[]]
  let gas = 0
  for (const { key, expectedVersion, indices, value } of ops) {
    let part: number[] | undefined
    let version = expectedVersion
    for (const word of byWord(indices)) {
      const fresh = isFresh(key, wordOf(word[0] as number)) ? freshWordGas : 0
      const wordCost = wordGas + indexGas * word.length + fresh
      const cost = wordCost + (part ? 0 : listGas)
      if (gas + cost > transactionGas) {
        transactions.push([])
        gas = 0
        part = undefined
      }
      if (!part) {
        part = []
        transactions.at(-1)?.push({ key, expectedVersion: version++, indices: part, value })
        gas += listGas
      }
      part.push(...word)
      gas += wordCost
    }
  }
  return transactions.filter((transaction) => transaction.length > 0)
}

/** Indices as packed big-endian uint32. */
export function packIndices(indices: readonly number[]): Hex {
  const bytes = Buffer.alloc(4 * indices.length)
  for (const [i, index] of indices.entries()) bytes.writeUInt32BE(index, 4 * i)
  return `0x${bytes.toString('hex')}`
}
