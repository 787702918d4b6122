import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Database } from '../node/stores/database.ts'

/** Asserts that each entry is in a group, each group counts its entries, and each registration those of its groups. */
export async function checkGroups(database: Database): Promise<void> {
  const { rows: entries } =
    await sql`select entries.group_id, groups.count, count(entries.credential_id) as entries
    from registration_entries as entries full join registration_groups as groups on groups.group_id = entries.group_id
    group by entries.group_id, groups.group_id, groups.count
    having groups.count is null or groups.count <> count(entries.credential_id)`.execute(database)
  assert.deepEqual(entries, [])
  const { rows: registrations } = await sql`select registrations.registration_id, registrations.count
    from registrations left join registration_groups as groups on groups.registration_id = registrations.registration_id
    group by registrations.registration_id, registrations.count
    having registrations.count <> coalesce(sum(groups.count), 0)`.execute(database)
  assert.deepEqual(registrations, [])
}
