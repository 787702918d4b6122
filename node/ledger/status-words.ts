import { getContract } from 'viem'
import { statusListRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, Hex, StatusOp } from './ledger.ts'
import { answer } from './ledger-error.ts'
import type { IsFresh } from './status-transactions.ts'

interface WordsSource {
  client: ChainClient
  address: Address
}

// About 9.4 million gas and 131 KB for one eth_call, far below what nodes allow.
const wordsPerPage = 4096

/** Words `from` to `to` of a list, the latter excluded, as they were at one block. @throws CHAIN_UNREACHABLE */
export async function readWords(
  { client, address }: WordsSource,
  { key, from, to, blockNumber }: { key: Hex; from: number; to: number; blockNumber: bigint },
): Promise<readonly Hex[]> {
  const { read } = getContract({ abi, address, client })
  const starts = Array.from(
    { length: Math.ceil((to - from) / wordsPerPage) },
    (_, i) => from + i * wordsPerPage,
  )
  const count = (start: number) => BigInt(Math.min(wordsPerPage, to - start))
  const pages = await answer(
    Promise.all(starts.map((start) => read.words([key, BigInt(start), count(start)], { blockNumber }))),
  )
  return pages.flat()
}

/** Reads which words of these changes were never written, in the ranges that they span. */
export async function readFreshWords(source: WordsSource, ops: readonly StatusOp[]): Promise<IsFresh> {
  const blockNumber = await answer(source.client.getBlockNumber())
  const fresh = new Set<string>()
  for (const { key, indices } of ops) {
    const from = (indices[0] as number) >>> 8
    const to = ((indices.at(-1) as number) >>> 8) + 1
    const words = await readWords(source, { key, from, to, blockNumber })
    for (const [i, word] of words.entries()) if (BigInt(word) === 0n) fresh.add(`${key}/${from + i}`)
  }
  return (key, word) => fresh.has(`${key}/${word}`)
}
