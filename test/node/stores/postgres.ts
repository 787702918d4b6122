import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { sql } from 'kysely'
import pg from 'pg'
import { IssuerError } from '../../../node/errors.ts'
import { type DatabaseQuery, databaseChannel } from '../../../node/observation.ts'
import { createCredentialStore } from '../../../node/stores/credentials.ts'
import { type Database, isUniqueViolation, openDatabase } from '../../../node/stores/database.ts'
import type { PostgresLocation } from '../../../node/stores/postgres.ts'
import { describeOnStacks, type FreshDatabase, postgres } from '../../stacks.ts'
import { startTcpProxy, type TcpProxy } from '../../tcp-proxy.ts'
import { credentialRow, insertLists } from './credential-rows.ts'

const password = 'a very secret password'

describeOnStacks(
  'a database server that fails',
  (stack) => {
    let fresh: FreshDatabase
    let proxy: TcpProxy
    let direct: Database
    let database: Database
    const opened: Database[] = []

    const open = async (location: Partial<PostgresLocation> = {}) => {
      const url = (fresh.location as PostgresLocation).url
      const one = await openDatabase({ url, connections: 2, connectTimeoutMs: 1_000, ...location })
      opened.push(one)
      return one
    }
    const viaProxy = () => {
      const url = new URL((fresh.location as PostgresLocation).url)
      url.hostname = '127.0.0.1'
      url.port = String(proxy.port)
      return url.href
    }

    before(async () => {
      fresh = await stack.create()
      const { hostname, port } = new URL((fresh.location as PostgresLocation).url)
      proxy = await startTcpProxy({ host: hostname, port: Number(port || 5432) })
      direct = await open()
      database = await open({ url: viaProxy(), statementTimeoutMs: 400 })
    })

    after(async () => {
      proxy?.mend()
      for (const one of opened) await one.destroy()
      await proxy?.close()
      await fresh?.drop()
    })

    const put = (on: Database, name: string, value = 'value') =>
      on
        .insertInto('node_meta')
        .values({ name: name as never, value })
        .execute()
    const has = async (name: string) =>
      (await direct
        .selectFrom('node_meta')
        .select('value')
        .where('name', '=', name as never)
        .executeTakeFirst()) !== undefined

    const unavailable = (cause?: RegExp) => (error: unknown) => {
      assert.ok(error instanceof IssuerError, String(error))
      assert.equal(error.code, 'DATABASE_UNAVAILABLE')
      assert.equal(error.retryable, true)
      const { code, message } = error.cause as { code?: string; message: string }
      if (cause) assert.match(`${code} ${message}`, cause)
      return true
    }
    const terminate = () =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`.execute(direct)

    const terminateCopy = () =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'copy %' and state = 'active'`.execute(direct)
    const pause = () => new Promise<void>((resolve) => setImmediate(resolve))

    /** Megabytes. */
    const manyRows = async () => {
      const lists = await insertLists(direct)
      return Array.from({ length: 1_000 }, (_, index) => ({
        ...credentialRow(lists, index),
        secured: 'x'.repeat(8_000),
      }))
    }
    const isCopying = async () => {
      const { rows } = await sql`select pid from pg_stat_activity where datname = current_database()
        and query like 'copy %' and state = 'active' and wait_event_type = 'Lock'`.execute(direct)
      return rows.length > 0
    }

    /** Does something while they are copied, which is as long as another transaction holds the id of one of them. */
    const failCopying = async (on: Database, act: () => unknown, cause: RegExp) => {
      const rows = await manyRows()
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const other = createCredentialStore(direct)
      let isHeld = false
      const holds = other.insert({
        rows: rows.slice(500, 501),
        pause,
        also: async () => {
          isHeld = true
          await released
          throw new Error('rolled back')
        },
      })
      const ended = assert.rejects(holds, /rolled back/)
      while (!isHeld) await pause()
      let isOver = false
      const insert = createCredentialStore(on).insert({ rows, pause })
      const refused = assert.rejects(
        insert.finally(() => {
          isOver = true
        }),
        unavailable(cause),
      )
      while (!isOver && !(await isCopying())) await pause()
      await act()
      await refused
      release()
      await ended
      proxy.mend()
      const all = () =>
        direct.selectFrom('credentials').select('credential_id').where('type', '=', 'T').execute()
      assert.deepEqual(await all(), [])
      await createCredentialStore(on).insert({ rows, pause })
      assert.equal((await all()).length, rows.length)
      await direct.deleteFrom('credentials').where('type', '=', 'T').execute()
    }

    it('goes on with new connections when idle ones were ended', async () => {
      await put(database, 'before')
      await terminate()
      for (let attempt = 0; ; attempt++) {
        // the end of a connection may not have been read yet
        const outcome = await put(database, `after ${attempt}`).then(() => 'done', unavailable())
        if (outcome === 'done') break
        assert.ok(attempt < 4)
      }
    })

    it('keeps nothing of a transaction whose connection was ended in the middle', async () => {
      const work = database.transaction().execute(async (trx) => {
        await put(trx, 'first half')
        await terminate()
        await put(trx, 'second half')
      })
      await assert.rejects(work, unavailable(/57P01|terminated|closed|not queryable/))
      assert.deepEqual([await has('first half'), await has('second half')], [false, false])
      await put(database, 'after the end of a connection')
    })

    it('keeps nothing of a transaction whose connection was cut, and goes on when there is one again', async () => {
      const work = database.transaction().execute(async (trx) => {
        await put(trx, 'before the cut')
        proxy.cut()
        await put(trx, 'after the cut')
      })
      await assert.rejects(work, unavailable())
      await assert.rejects(put(database, 'while cut'), unavailable(/ECONNRESET|terminated/))
      proxy.mend()
      assert.deepEqual([await has('before the cut'), await has('while cut')], [false, false])
      await put(database, 'when mended')
    })

    it('writes all or nothing when the connection is lost while it commits', async () => {
      let done = 0
      for (let round = 0; round < 20; round++) {
        const names = [`one ${round}`, `other ${round}`]
        let cut: NodeJS.Timeout | undefined
        const work = database.transaction().execute(async (trx) => {
          for (const name of names) await put(trx, name)
          // at any moment of the commit: before it is sent, under way, or after it was answered
          if (round % 4 === 0) cut = setTimeout(() => proxy.cut(), round / 4)
        })
        const acknowledged = await work.then(
          () => true,
          (error) => !unavailable()(error),
        )
        // what comes too late for this round must not hit the next one
        clearTimeout(cut)
        proxy.mend()
        const rows = await direct
          .selectFrom('node_meta')
          .select('name')
          .where('name', 'in', names as never[])
          .execute()
        assert.ok(rows.length === 2 || (rows.length === 0 && !acknowledged), JSON.stringify(rows))
        if (acknowledged) done++
      }
      assert.ok(done > 0)
    })

    it('gives up a statement that takes too long, and a server that says nothing', async () => {
      await assert.rejects(sql`select pg_sleep(5)`.execute(database), unavailable(/57014/))
      proxy.stall()
      await assert.rejects(put(database, 'while stalled'), unavailable(/timeout/))
      proxy.mend()
      await put(database, 'when it answers')
    })

    it('does a transaction again that lost against another one', async () => {
      for (const name of ['left', 'right']) await put(direct, name, '0')
      let entered = 0
      let release = () => {}
      const bothIn = new Promise<void>((resolve) => {
        release = resolve
      })
      const add = (trx: Database, name: string) =>
        sql`update node_meta set value = (value::int + 1)::text where name = ${name}`.execute(trx)
      const cross = (names: [string, string]) =>
        direct.transaction().execute(async (trx) => {
          await add(trx, names[0])
          if (++entered === 2) release()
          await bothIn
          await add(trx, names[1])
        })
      await Promise.all([cross(['left', 'right']), cross(['right', 'left'])])
      const values = await direct
        .selectFrom('node_meta')
        .select('value')
        .where('name', 'in', ['left' as never, 'right' as never])
        .execute()
      assert.deepEqual(values, [{ value: '2' }, { value: '2' }])
      assert.ok(entered > 2, 'nothing was done again')
    })

    it('does a transaction again that could not be serialised, but not for ever', async () => {
      await sql`create sequence tries`.execute(direct)
      await sql
        .raw(`create function conflict(most int) returns int language plpgsql as $$ begin
        if nextval('tries') <= most then raise exception 'no' using errcode = '40001'; end if;
        return 1; end $$`)
        .execute(direct)
      const work = (most: number, name: string) =>
        direct.transaction().execute(async (trx) => {
          await put(trx, name)
          await sql`select conflict(${sql.lit(most)})`.execute(trx)
        })
      await work(3, 'at last')
      assert.equal(await has('at last'), true)
      await assert.rejects(work(1_000_000, 'never'), unavailable(/40001/))
      assert.equal(await has('never'), false)
      // a statement alone, too
      await sql`select setval('tries', 1)`.execute(direct)
      await sql`select conflict(3)`.execute(direct)
    })

    it('works as a role that may not change tables, and says that there are too many connections', async () => {
      const role = `cartulary_test_${Math.random().toString(36).slice(2)}`
      await sql`create role ${sql.ref(role)} login connection limit 1 password ${sql.lit(password)}`.execute(
        direct,
      )
      try {
        await sql`grant select, insert, update, delete on all tables in schema public to ${sql.ref(role)}`.execute(
          direct,
        )
        const url = new URL((fresh.location as PostgresLocation).url)
        url.username = role
        url.password = password
        const limited = await open({ url: url.href, connections: 1 })
        // the server may not have seen yet that the connection of the migrations has ended
        const write = () =>
          put(limited, 'by that role').then(
            () => true,
            (error) => !unavailable(/53300/)(error),
          )
        while (!(await write()));
        await assert.rejects(openDatabase({ url: url.href }), (error: Error) => {
          unavailable(/53300/)(error)
          assert.match(error.message, /takes no further connections/)
          assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(encodeURIComponent(password)))
          return true
        })
        await limited.destroy()
      } finally {
        await sql`drop owned by ${sql.ref(role)}`.execute(direct)
        await sql`drop role ${sql.ref(role)}`.execute(direct)
      }
    })

    it('says what is wrong with its address', async () => {
      const url = new URL((fresh.location as PostgresLocation).url)
      url.pathname = '/nonesuch'
      await assert.rejects(openDatabase({ url: url.href }), (error: Error) => {
        assert.match(error.message, /not there: create it/)
        return unavailable(/3D000/)(error)
      })
      url.port = '1'
      await assert.rejects(openDatabase({ url: url.href }), unavailable(/ECONNREFUSED/))
    })

    it('says what a pooler has to let through', async () => {
      // what PgBouncer 1.18 answers
      const fields = 'SFATAL\0C08P01\0Munsupported startup parameter: options\0\0'
      const answer = Buffer.from(`E\0\0\0${String.fromCharCode(fields.length + 4)}${fields}`, 'latin1')
      const pooler = createServer((socket) => socket.once('data', () => socket.end(answer)))
      await once(pooler.listen(0, '127.0.0.1'), 'listening')
      try {
        const url = new URL((fresh.location as PostgresLocation).url)
        url.host = `127.0.0.1:${(pooler.address() as AddressInfo).port}`
        await assert.rejects(openDatabase({ url: url.href }), (error: Error) => {
          assert.match(error.message, /pooler/)
          return unavailable(/08P01/)(error)
        })
      } finally {
        pooler.close()
      }
    })

    it('tells a duplicate, and text that it cannot keep, from a failure', async () => {
      await put(direct, 'once')
      await assert.rejects(put(direct, 'once'), isUniqueViolation)
      await assert.rejects(put(direct, 'nothing\0'), { code: 'MALFORMED_REQUEST' })
      const lists = await insertLists(direct)
      for (const others of [0, 99]) {
        const rows = Array.from({ length: others }, (_, index) => credentialRow(lists, index))
        rows.push({ ...credentialRow(lists, others), holder_did: 'nobody\0' })
        const insert = createCredentialStore(direct).insert({ rows, pause })
        await assert.rejects(insert, { code: 'MALFORMED_REQUEST' })
      }
    })

    it('keeps none of the credentials that are copied when it ends the connection', async () =>
      failCopying(await open(), terminateCopy, /57P01|terminated|closed|not queryable/))

    it('keeps none of the credentials that are copied when the connection is cut', async () =>
      failCopying(await open({ url: viaProxy() }), () => proxy.cut(), /ECONNRESET|EPIPE|terminated|closed/))

    it('keeps none of the credentials that are copied when that takes too long', async () =>
      failCopying(await open({ statementTimeoutMs: 2_000 }), () => {}, /57014/))

    it('keeps none of the credentials that are copied when it says nothing', async () =>
      failCopying(
        await open({ url: viaProxy(), statementTimeoutMs: 2_000 }),
        () => proxy.stall(),
        /read timeout/,
      ))

    it('has what is copied to it told like any statement', async () => {
      const rows = await manyRows()
      const told: DatabaseQuery[] = []
      const hear = (query: unknown) => told.push(query as DatabaseQuery)
      databaseChannel.subscribe(hear)
      const store = createCredentialStore(direct)
      await store.insert({ rows, pause })
      await assert.rejects(store.insert({ rows, pause }), { code: 'CREDENTIAL_ALREADY_EXISTS' })
      databaseChannel.unsubscribe(hear)
      const copies = told.filter(({ sql }) => sql.startsWith('copy "credentials"'))
      assert.deepEqual(
        copies.map(({ failed }) => failed),
        [false, true],
      )
      assert.ok(copies.every(({ milliseconds }) => milliseconds > 0))
    })

    it('compresses credentials with lz4 where it can, and notices who has gone', async () => {
      const { rows: offered } = await sql`select 1 from pg_settings
        where name = 'default_toast_compression' and 'lz4' = any(enumvals)`.execute(direct)
      await createCredentialStore(direct).insert({ rows: await manyRows(), pause })
      const { rows } = await sql`select distinct pg_column_compression(secured) as method from credentials
        where length(secured) > 3000`.execute(direct)
      assert.deepEqual(rows, [{ method: offered.length > 0 ? 'lz4' : 'pglz' }])
      const { rows: idle } = await sql`show tcp_keepalives_idle`.execute(direct)
      assert.deepEqual(idle, [{ tcp_keepalives_idle: '60' }])
    })

    it('migrates for as long as it takes, whatever limit the database has for statements', async () => {
      const other = await stack.create()
      const { url } = other.location as PostgresLocation
      const holder = new pg.Client({ connectionString: url })
      try {
        await holder.connect()
        // the lock under which processes migrate
        await holder.query('select pg_advisory_lock(4071650923)')
        const name = new URL(url).pathname.slice(1)
        await sql`alter database ${sql.ref(name)} set statement_timeout = 200`.execute(direct)
        let ended = false
        const opening = openDatabase({ url })
        const end = () => {
          ended = true
        }
        opening.then(end, end)
        const isLate = async () => {
          const { rows } =
            await sql`select pid from pg_stat_activity where datname = ${name} and wait_event = 'advisory'
            and now() - query_start > interval '300 milliseconds'`.execute(direct)
          return rows.length > 0
        }
        while (!ended && !(await isLate())) await new Promise(setImmediate)
        await holder.query('select pg_advisory_unlock_all()')
        await (await opening).destroy()
      } finally {
        await holder.end()
        await other.drop()
      }
    })

    it('refuses a database that a newer version has changed', async () => {
      const time = '2030-01-01T00:00:00.000Z'
      await sql`insert into kysely_migration values ('999-future', ${time})`.execute(direct)
      await assert.rejects(openDatabase(fresh.location), /newer version/)
    })
  },
  [postgres],
)
