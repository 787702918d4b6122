import { IssuerError } from '../errors.ts'
import type { ChainClient } from './client.ts'
import type { Address } from './ledger.ts'
import { createReceipts } from './receipts.ts'
import type { Relayer } from './relayer.ts'

const nobody: Address = `0x${'0'.repeat(40)}`

/** Stands for the account of a ledger that is only read: it has no key, pays for nothing and refuses to write. */
export function createReadOnlyRelayer(client: ChainClient): Relayer {
  const closing = new AbortController()
  const receipts = createReceipts({
    ...{ client, address: nobody, receiptTimeout: 0, stuckAfter: 0, signal: closing.signal },
    ofNonce: async () => [],
    capped: () => undefined,
  })
  const refuse = async (): Promise<never> => {
    throw new IssuerError('FORBIDDEN', { detail: 'The ledger was opened for reading alone.' })
  }
  return {
    address: nobody,
    send: refuse,
    sendAll: refuse,
    resume: refuse,
    outcome: refuse,
    receipt: receipts.find,
    logs: receipts.logs,
    balance: async () => 0n,
    tend: async () => 0,
    isUnsettled: async () => false,
    close: () => closing.abort(),
  }
}
