import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type KeyHistory, readKeyHistory } from './key-history.ts'

/** The key histories of the did:ethr of one registry. */
export interface KeyHistories {
  /** Undefined for other DIDs. @throws CHAIN_UNREACHABLE, LEDGER_DATA_INVALID, KEY_DOUBTFUL */
  of(did: string): Promise<KeyHistory | undefined>
  /** Forgets what was kept of a DID, because it changed. */
  forget(did: string): void
}

interface Deps {
  ledger: Pick<Ledger, 'identityOf'> & { dids: Pick<Ledger['dids'], 'history'> }
  /** Milliseconds for which a history counts; 0 keeps none. */
  ttlMs?: number
}

const mostKept = 10_000

/** Reads key histories from the ledger and keeps them for a while; concurrent questions for one share one answer. */
export function createKeyHistories({ ledger, ttlMs = 0 }: Deps): KeyHistories {
  const kept = new BoundedCache<string, Promise<KeyHistory>>(mostKept, ttlMs)

  async function read(identity: `0x${string}`): Promise<KeyHistory> {
    const history = readKeyHistory(identity, await ledger.dids.history(identity))
    if (history) return history
    const detail = 'The history of the DID has attributes that leave open which key had which id.'
    throw new IssuerError('KEY_DOUBTFUL', { detail })
  }

  return {
    of: async (did) => {
      const identity = ledger.identityOf(did)
      if (!identity) return undefined
      const known = kept.get(did)
      if (known) return known
      const history = read(identity)
      if (ttlMs > 0) kept.set(did, history)
      history.catch(() => kept.delete(did))
      return history
    },
    forget: (did) => kept.delete(did),
  }
}
