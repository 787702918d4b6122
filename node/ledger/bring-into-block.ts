import { IssuerError } from '../errors.ts'
import { broadcast, isOnChain, type Reception } from './broadcast.ts'
import { offerFees, raiseFees } from './fees.ts'
import type { Hex } from './ledger.ts'
import { answer, ledgerError } from './ledger-error.ts'
import { type NonceGroup, wasMined } from './nonce-group.ts'
import { signStored } from './publisher.ts'
import { callIn } from './sign-transaction.ts'
import type { TendingOptions, View } from './tending.ts'
import type { StoredTransaction } from './transaction-store.ts'

// Of a larger gap somebody has to know more than this node does.
const widestGap = 16

/** Brings what waits into a block. */
export function createMover(options: TendingOptions) {
  const { client, address, store, stuckAfter, resendAfter, notify } = options
  /** When a transaction was sent last by this, and what a node said. */
  const sent = new Map<Hex, { at: number; outcome?: Reception['outcome'] }>()
  /** Since when a nonce has been missing. */
  const gaps = new Map<number, number>()
  const capTold = new Map<Hex, number>()

  /** What has come into a block is no more worth remembering. */
  function forget(groups: readonly NonceGroup[]): void {
    const hashes = new Set(groups.flat().map(({ hash }) => hash))
    for (const times of [sent, capTold])
      for (const hash of times.keys()) if (!hashes.has(hash)) times.delete(hash)
    if (groups.length === 0) gaps.clear()
  }

  const age = ({ hash, createdAt }: StoredTransaction) =>
    Date.now() - Math.max(Date.parse(createdAt), sent.get(hash)?.at ?? 0)

  /** Whether the chain would refuse it as it stands now. */
  async function isObsolete({ purpose, raw }: StoredTransaction): Promise<boolean> {
    if (purpose === 'gap') return false
    const { to, data } = callIn(raw)
    return client.call({ account: address, to, data }).then(
      () => false,
      (error) => {
        const failure = ledgerError(error)
        if (failure instanceof IssuerError && failure.code === 'TRANSACTION_REVERTED') return true
        throw failure
      },
    )
  }

  async function sendAgain(transaction: StoredTransaction): Promise<void> {
    const { nonce, hash } = transaction
    notify({ event: 'transaction sent again', nonce, hash })
    await hand(transaction)
  }

  async function hand(transaction: StoredTransaction): Promise<void> {
    sent.set(transaction.hash, { at: Date.now() })
    const { outcome } = await broadcast(client, transaction)
    sent.set(transaction.hash, { at: Date.now(), outcome })
  }

  function tellCap({ hash, nonce, maxFeePerGas }: StoredTransaction): void {
    if (Date.now() - (capTold.get(hash) ?? 0) < stuckAfter) return
    capTold.set(hash, Date.now())
    const facts = { offered: String(maxFeePerGas), allowed: String(options.fees.maxFeePerGas) }
    notify({ event: 'fee cap reached', nonce, hash, facts })
  }

  /** Signs another transaction for the same nonce, with the same call or with none. */
  async function replace(newest: StoredTransaction, as: 'same' | 'gap'): Promise<void> {
    const fees = await presentFees().then((present) => present && raiseFees(newest, present, options.fees))
    if (!fees) return tellCap(newest)
    const { nonce, reference } = newest
    const isGap = as === 'gap' || newest.purpose === 'gap'
    const call = isGap ? emptyCall : callIn(newest.raw)
    const purpose = isGap ? 'gap' : newest.purpose
    const facts = { nonce, attempt: newest.attempt + 1, purpose, reference: isGap ? null : reference }
    const transaction = await signStored(options, call, { ...fees, ...facts })
    if (!(await store.addAttempt(transaction))) return
    const paid = { from: String(newest.maxFeePerGas), to: String(fees.maxFeePerGas) }
    const event = as === 'gap' ? 'obsolete transaction replaced' : 'fees raised'
    notify({ event, nonce, hash: transaction.hash, facts: paid })
    await hand(transaction)
  }

  const emptyCall = { to: address, data: '0x', gas: 21_000n } as const

  /** Undefined when the chain asks for more than is allowed. */
  const presentFees = () =>
    offerFees(client, options.fees).catch((error) => {
      if (error instanceof IssuerError && error.code === 'FEE_CAP_REACHED') return undefined
      throw error
    })

  /** Whether the block after this one can pay for it at all. */
  async function isUnderpriced({ maxFeePerGas }: StoredTransaction): Promise<boolean> {
    const { baseFeePerGas } = await answer(client.getBlock({ blockTag: 'latest' }))
    return (baseFeePerGas ?? 0n) > maxFeePerGas
  }

  async function help(group: NonceGroup, isNext: boolean): Promise<number> {
    const newest = group.at(-1) as StoredTransaction
    const known = await isOnChain(client, newest.hash)
    const isStuck = age(newest) >= stuckAfter
    if (known && !isStuck) return 0
    if (!known && !isStuck) {
      const isFresh = !wasMined(group) && age(newest) < resendAfter
      if (isFresh || (sent.has(newest.hash) && age(newest) < resendAfter)) return 0
    }
    if (isNext && (await isObsolete(newest))) await replace(newest, 'gap')
    // another one has its place among those that wait: a higher fee would not be seen either
    else if (!known && sent.get(newest.hash)?.outcome === 'taken') await sendAgain(newest)
    else if (!known && !sent.has(newest.hash)) await sendAgain(newest)
    else if (isStuck && (isNext || (await isUnderpriced(newest)))) await replace(newest, 'same')
    else if (!known) await sendAgain(newest)
    return 1
  }

  /** Fills nonces that nothing stored has and nobody sends, such as those of a writer that gave up. */
  async function fillGaps(present: ReadonlySet<number>, used: number): Promise<void> {
    const last = Math.min(Math.max(...present), used + widestGap)
    for (let nonce = used; nonce < last; nonce++) {
      if (present.has(nonce)) continue
      const since = gaps.get(nonce) ?? Date.now()
      gaps.set(nonce, since)
      if (Date.now() - since < stuckAfter) continue
      const pending = await answer(client.getTransactionCount({ address, blockTag: 'pending' }))
      if (pending > nonce) continue
      gaps.delete(nonce)
      const fees = await offerFees(client, options.fees)
      const attempt = (await store.ofNonce(address, nonce)).length
      const facts = { nonce, attempt, purpose: 'gap' as const, reference: null }
      const transaction = await signStored(options, emptyCall, { ...fees, ...facts })
      if (!(await store.addAttempt(transaction))) continue
      notify({ event: 'gap in the nonces filled', nonce, hash: transaction.hash })
      await hand(transaction)
    }
  }

  return async (groups: readonly NonceGroup[], { used }: View): Promise<number> => {
    forget(groups)
    if (groups.length === 0) return 0
    await fillGaps(new Set(groups.map(([first]) => first?.nonce ?? 0)), used)
    let acted = 0
    for (const group of groups) acted += await help(group, group[0]?.nonce === used)
    return acted
  }
}
