import type { Address, Hex } from '../ledger/ledger.ts'
import type { StoredTransaction, TransactionChange, TransactionStore } from '../ledger/transaction-store.ts'
import { type Database, isUniqueViolation } from './database.ts'
import type { NewRow, Row } from './tables.ts'

/** The relayer's transactions and nonces in the database. */
export function createTransactionStore(
  database: Database,
  now: () => Date = () => new Date(),
): TransactionStore {
  return { ...writes(database, now), ...reads(database) }
}

type Writes = Pick<TransactionStore, 'nextNonce' | 'take' | 'release' | 'addAttempt' | 'note'>

function writes(database: Database, now: () => Date): Writes {
  return {
    async nextNonce(relayer, atLeast) {
      const known = await database
        .selectFrom('relayers')
        .select('next_nonce')
        .where('address', '=', relayer)
        .executeTakeFirst()
      if (known && known.next_nonce >= atLeast) return known.next_nonce
      await database
        .insertInto('relayers')
        .values({ address: relayer, next_nonce: atLeast })
        .onConflict((conflict) =>
          conflict
            .column('address')
            .doUpdateSet({ next_nonce: atLeast })
            .where('relayers.next_nonce', '<', atLeast),
        )
        .execute()
      const row = database.selectFrom('relayers').select('next_nonce').where('address', '=', relayer)
      return (await row.executeTakeFirstOrThrow()).next_nonce
    },

    async take(transactions) {
      const [first] = transactions
      if (!first) return true
      return database.transaction().execute(async (trx) => {
        const after = first.nonce + transactions.length
        if (!(await moveNonce(trx, first.relayer, { from: first.nonce, to: after }))) return false
        await trx.insertInto('transactions').values(transactions.map(toRow)).execute()
        return true
      })
    },

    async release(transactions) {
      const [first] = transactions
      if (!first) return true
      const hashes = transactions.map(({ hash }) => hash)
      return database.transaction().execute(async (trx) => {
        const after = first.nonce + transactions.length
        if (!(await moveNonce(trx, first.relayer, { from: after, to: first.nonce }))) return false
        await trx.deleteFrom('transactions').where('hash', 'in', hashes).execute()
        return true
      })
    },

    async addAttempt(transaction) {
      try {
        await database.insertInto('transactions').values(toRow(transaction)).execute()
        return true
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    async note(changes) {
      const at = now().toISOString()
      await database.transaction().execute(async (trx) => {
        for (const change of changes) await noteOne(trx, change, at)
      })
    },
  }
}

async function moveNonce(
  trx: Database,
  relayer: Address,
  { from, to }: { from: number; to: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('relayers')
    .set({ next_nonce: to })
    .where('address', '=', relayer)
    .where('next_nonce', '=', from)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

async function noteOne(trx: Database, { hash, state, block }: TransactionChange, at: string): Promise<void> {
  await trx
    .updateTable('transactions')
    .set({
      state,
      // nobody sends them again
      ...((state === 'final' || state === 'lost') && { raw: '' }),
      ...(block && {
        block_number: block.number,
        block_hash: block.hash,
        gas_used: String(block.gasUsed),
        mined_at: at,
      }),
    })
    .where('hash', '=', hash)
    .execute()
}

function reads(database: Database): Omit<TransactionStore, keyof Writes> {
  const all = () => database.selectFrom('transactions').selectAll()
  return {
    async open(relayer) {
      const query = all().where('relayer', '=', relayer).where('state', 'in', ['signed', 'mined'])
      return (await query.orderBy('nonce').orderBy('attempt').execute()).map(toStored)
    },
    async ofNonce(relayer, nonce) {
      const query = all().where('relayer', '=', relayer).where('nonce', '=', nonce)
      return (await query.orderBy('attempt').execute()).map(toStored)
    },
    async get(hash) {
      const row = await all().where('hash', '=', hash).executeTakeFirst()
      return row && toStored(row)
    },
    async ofReference(reference) {
      const query = all().where('reference', '=', reference)
      return (await query.orderBy('nonce').orderBy('attempt').execute()).map(toStored)
    },
  }
}

const toRow = (transaction: StoredTransaction): NewRow<'transactions'> => ({
  hash: transaction.hash,
  relayer: transaction.relayer,
  nonce: transaction.nonce,
  attempt: transaction.attempt,
  raw: transaction.raw,
  purpose: transaction.purpose,
  reference: transaction.reference,
  max_fee_per_gas: String(transaction.maxFeePerGas),
  max_priority_fee_per_gas: String(transaction.maxPriorityFeePerGas),
  state: transaction.state,
  block_number: transaction.blockNumber,
  block_hash: transaction.blockHash,
  gas_used: null,
  created_at: transaction.createdAt,
  mined_at: null,
})

const toStored = (row: Row<'transactions'>): StoredTransaction => ({
  hash: row.hash as Hex,
  relayer: row.relayer as Address,
  nonce: row.nonce,
  attempt: row.attempt,
  raw: row.raw as Hex,
  purpose: row.purpose,
  reference: row.reference,
  maxFeePerGas: BigInt(row.max_fee_per_gas),
  maxPriorityFeePerGas: BigInt(row.max_priority_fee_per_gas),
  state: row.state,
  blockNumber: row.block_number,
  blockHash: row.block_hash as Hex | null,
  gasUsed: row.gas_used === null ? null : BigInt(row.gas_used),
  createdAt: row.created_at,
})
