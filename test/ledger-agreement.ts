import assert from 'node:assert/strict'
import { createPublicClient, http } from 'viem'
import { statusListRegistryAbi as abi } from '../node/ledger/abi.ts'
import type { Hex } from '../node/ledger/ledger.ts'
import type { Database } from '../node/stores/database.ts'
import type { Issuing } from './issuing.ts'
import { checkGroups } from './registration-groups.ts'

/** What was counted, for whoever reads the output of a run. */
export interface AgreementCounts {
  /** Credentials that were answered for. */
  acknowledged: number
  /** Credentials in the database, each with one registration. */
  recorded: number
  revoked: number
  /** Transactions that register, on the ledger. */
  registrations: number
  /** Transactions that were signed, and those in blocks. */
  signed: number
  mined: number
}

/** Waits until nothing is left to register, to change or to bring into a block. */
export async function settled({ database, errors }: Issuing): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const left = await unsettled(database)
    if (left.length === 0) return
    if (Date.now() > deadline) throw new Error(`${JSON.stringify(left)} after ${errors.slice(-2)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function unsettled(database: Database): Promise<unknown[]> {
  const groups = await database
    .selectFrom('registration_groups as groups')
    .leftJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
    .select(['group_id', 'groups.count', 'registrations.state', 'first'])
    .where((eb) => eb.or([eb('groups.registration_id', 'is', null), eb('registrations.state', '=', 'open')]))
    .limit(5)
    .execute()
  const changes = await database
    .selectFrom('status_changes')
    .select(['id', 'action', 'state'])
    .where('state', 'in', ['lost', 'open'])
    .limit(5)
    .execute()
  const transactions = await database
    .selectFrom('transactions')
    .select(['nonce', 'attempt', 'state', 'purpose', 'max_fee_per_gas'])
    .where('state', 'in', ['signed', 'mined'])
    .execute()
  const mined = new Set(transactions.flatMap(({ state, nonce }) => (state === 'mined' ? [nonce] : [])))
  return [...groups, ...changes, ...transactions.filter(({ nonce }) => !mined.has(nonce))]
}

/**
 * Asserts that each acknowledged credential is there and has exactly one registration on the ledger, whose Merkle
 * proof verifies; that each list's counter is the same in the database, on the ledger, and as the sum of what was
 * registered; and that the ledger has the status that the database says.
 */
export async function checkAgreement(
  house: Issuing,
  rpcUrl: string,
  acknowledged: readonly string[],
): Promise<AgreementCounts> {
  const { database, ledger } = house
  const rows = await database
    .selectFrom('credentials')
    .innerJoin('registration_entries as entries', 'entries.credential_id', 'credentials.credential_id')
    .select(['credentials.credential_id', 'status_index', 'digest', 'status'])
    .execute()
  const known = new Set(rows.map(({ credential_id }) => credential_id))
  for (const id of acknowledged) assert.ok(known.has(id), `${id} was acknowledged and is not there`)
  const lists = await database.selectFrom('status_lists').select('key').execute()
  const all = await createPublicClient({ transport: http(rpcUrl) }).getContractEvents({
    abi,
    address: ledger.registries.statusListRegistry,
    eventName: 'EntriesRegistered',
    fromBlock: 0n,
    strict: true,
  })
  const events = all.filter(({ args }) => lists.some(({ key }) => key === args.listId))
  for (const { credential_id: id, status_index, digest, status } of rows) {
    const { root, proof, statusListKey, transactionHash } = await house.prove(id)
    const found = events.filter((event) => event.args.root === root)
    assert.equal(found.length, 1, `${id} has ${found.length} registrations`)
    assert.equal(found[0]?.transactionHash, transactionHash)
    const [key, index] = [statusListKey as Hex, status_index as number]
    const path = { key, index, digest: digest as Hex, proof: proof as Hex[] }
    assert.equal(ledger.statusLists.rootOf(path), root)
    assert.equal((await house.status(id)).status, status)
  }
  await checkCounters(house, events)
  await checkGroups(database)
  const transactions = await database.selectFrom('transactions').select('block_number').execute()
  return {
    acknowledged: acknowledged.length,
    recorded: rows.length,
    revoked: rows.filter(({ status }) => status === 'revoked').length,
    registrations: new Set(events.map(({ transactionHash }) => transactionHash)).size,
    signed: transactions.length,
    mined: transactions.filter(({ block_number }) => block_number !== null).length,
  }
}

async function checkCounters(
  { database, ledger }: Issuing,
  events: readonly { args: { listId: Hex; count: number } }[],
): Promise<void> {
  for (const list of await database.selectFrom('status_lists').selectAll().execute()) {
    const ofList = events.filter(({ args }) => args.listId === list.key)
    const credentials = await database
      .selectFrom('registration_entries')
      .select('credential_id')
      .where('status_list_id', '=', list.status_list_id)
      .execute()
    const count = credentials.length
    assert.deepEqual(
      {
        database: list.registered,
        ledger: (await ledger.statusLists.get(list.key as Hex))?.registered,
        events: ofList.reduce((total, { args }) => total + args.count, 0),
      },
      { database: count, ledger: count, events: count },
      list.status_list_id,
    )
  }
}
