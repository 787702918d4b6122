import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from '../node/stores/database.ts'
import type { TestChain } from './chain.ts'
import { checkGroups } from './registration-groups.ts'

/** What a database and a ledger say of credentials together. */
export interface RegisteredOnce {
  recorded: number
  transactions: number
}

/**
 * Waits until nothing is left to register, then asserts that every recorded credential is registered once: no index
 * twice, none refused, and each list's counter on the ledger as high as its credentials are many.
 */
export async function registeredOnce(
  { chain, database }: { chain: TestChain; database: Database },
  acknowledged: readonly string[],
): Promise<RegisteredOnce> {
  while ((await unregistered(database)) > 0) await pause(50)
  const rows = await database
    .selectFrom('credentials')
    .innerJoin('registration_entries as entries', 'entries.credential_id', 'credentials.credential_id')
    .innerJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
    .innerJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
    .select([
      'credentials.credential_id',
      'status_index',
      'entries.status_list_id',
      'state',
      'transaction_hash',
    ])
    .execute()
  await checkGroups(database)
  const recorded = new Set(rows.map(({ credential_id }) => credential_id))
  assert.deepEqual(
    acknowledged.filter((credentialId) => !recorded.has(credentialId)),
    [],
  )
  assert.ok(rows.every(({ state }) => state === 'registered'))
  assert.equal(new Set(rows.map((row) => `${row.status_list_id} ${row.status_index}`)).size, rows.length)
  const lists = await database.selectFrom('status_lists').select(['status_list_id', 'key']).execute()
  for (const list of lists) {
    const own = rows.filter((row) => row.status_list_id === list.status_list_id)
    assert.equal(await counterOf(chain, list.key), own.length)
  }
  return {
    recorded: rows.length,
    transactions: new Set(rows.map((row) => row.transaction_hash)).size,
  }
}

/** How many recorded credentials are not on the ledger, as far as the database knows. */
async function unregistered(database: Database): Promise<number> {
  const { n } = await database
    .selectFrom('registration_groups as groups')
    .leftJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where((eb) => eb.or([eb('groups.registration_id', 'is', null), eb('state', '=', 'open')]))
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** How many entries the ledger has counted in a list. */
export async function counterOf(chain: TestChain, key: string): Promise<number> {
  const registry = await chain.viem.getContractAt('StatusListRegistry', chain.registries.statusListRegistry)
  const read = registry.read as unknown as { list(key: [string]): Promise<{ registered: number }> }
  return Number((await read.list([key])).registered)
}
