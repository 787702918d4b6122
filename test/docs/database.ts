import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { openDatabase } from '../../node/stores/database.ts'
import { startChain, type TestChain } from '../chain.ts'
import { at, bachelor, expect, holderDid, makeIssuer, makeSchema } from '../node/protocols/rest/scenario.ts'
import { startNode, type TestNode } from '../node.ts'
import { describeOnStacks, type FreshDatabase, postgres } from '../stacks.ts'
import { root } from './programs.ts'

/** A credential as a holder has it. */
interface Held {
  credentialId: string
  // biome-ignore lint/suspicious/noExplicitAny: a document
  credential: any
}

describeOnStacks('docs/database.md: an older backup that is restored', (stack) => {
  const isServer = stack === postgres
  let chain: TestChain
  let fresh: FreshDatabase
  /** Where PostgreSQL restores to; SQLite takes the place of what was there. */
  let restored: FreshDatabase
  let folder: string
  let node: TestNode | undefined
  let terms: { issuerDid: string; schemaId: string; proofType: string }

  before(async () => {
    chain = await startChain()
    fresh = await stack.create()
    restored = isServer ? await stack.create() : fresh
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
  })
  after(async () => {
    await node?.close()
    await chain?.close()
    if (isServer) await restored?.drop()
    await fresh?.drop()
    if (folder) await rm(folder, { recursive: true })
  })

  /** The command of the page with these words in it, at the addresses of this test. */
  async function command(words: string): Promise<void> {
    const page = await readFile(join(root, 'docs', 'database.md'), 'utf8')
    const programs = [...page.matchAll(/^```sh\n([^`]+)^```$/gm)].map(([, program = '']) => program)
    const [program, ...others] = programs.filter((each) => each.includes(words))
    assert.ok(program && others.length === 0, words)
    const url = (of: FreshDatabase) => `'${of.environment.DATABASE_URL}'`
    const script = program
      .replaceAll(/postgres:\S+cartulary_restored/g, url(restored))
      .replaceAll(/postgres:\S+cartulary(?=\n)/g, url(fresh))
      .replaceAll('node_modules/.bin/node', process.execPath)
      .replaceAll('data/', `${fresh.environment.DATA_DIR}/`)
    await promisify(execFile)('bash', ['-ec', script], { cwd: folder, env: { PATH: process.env.PATH } })
  }

  /** The same keys and address, on one database or the other. */
  const start = ({ environment }: FreshDatabase) => {
    const dataDir = fresh.environment.DATA_DIR as string
    const same = { DATA_DIR: dataDir, PUBLIC_URL: 'https://issuer.example' }
    return startNode({ chain, dataDir, environment: { ...environment, ...same } })
  }
  const issue = (node: TestNode, count: number): Promise<Held[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const body = { ...terms, holderDid, claims: bachelor }
        const answer = await node.call('POST', at('credentials', 'issue'), { body })
        return expect(201, answer).body
      }),
    )
  const recorded = async ({ location }: FreshDatabase) => {
    const database = await openDatabase(location)
    const rows = await database
      .selectFrom('registration_entries')
      .select(['credential_id', 'status_list_id', 'status_index'])
      .execute()
    await database.destroy()
    return rows
  }

  it('hands out no index again, and what was issued since it was made stays valid', async () => {
    const first = await start(fresh)
    node = first
    const issuerDid = await makeIssuer(first)
    terms = { issuerDid, schemaId: await makeSchema(first, issuerDid), proofType: 'eddsa-jcs-2022' }
    const held: Held[] = []
    let stopped = false
    const clients = Promise.all(
      Array.from({ length: 10 }, async () => {
        while (!stopped) held.push(...(await issue(first, 1)))
      }),
    )
    const more = async (count: number) => {
      const wanted = held.length + count
      while (held.length < wanted) await Promise.race([pause(5), clients])
    }
    await more(30)
    await command(isServer ? 'pg_dump' : 'backup(')
    const backedUp = held.length
    await more(30)
    stopped = true
    await clients
    const [early, late] = [held[0], held.at(-1)] as [Held, Held]
    const revoke = { credentialIds: [early.credentialId, late.credentialId] }
    expect(200, await first.call('POST', at('credentials', 'revoke'), { body: revoke }))
    await first.close()
    node = undefined
    const before = await recorded(fresh)

    if (isServer) await command('pg_restore')
    else {
      const file = join(fresh.environment.DATA_DIR as string, 'cartulary.db')
      await rename(join(folder, 'cartulary-backup.db'), file)
      for (const end of ['-wal', '-shm']) await rm(file + end, { force: true })
    }
    await command(isServer ? 'psql' : '.exec(')
    const known = await recorded(restored)
    assert.ok(known.length < before.length, 'nothing was lost')

    const second = await start(restored)
    node = second
    const added = await issue(second, 30)
    const places = new Map<string, string>()
    for (const row of [...before, ...(await recorded(restored))]) {
      const place = `${row.status_list_id} ${row.status_index}`
      assert.equal(places.get(place) ?? row.credential_id, row.credential_id, `${place} is used twice`)
      places.set(place, row.credential_id)
    }
    for (const { credentialId } of added)
      expect(200, await second.call('GET', at('credentials', credentialId, 'registration')))
    for (const { credentialId, credential } of [early, ...held.slice(-10), ...added.slice(-10)]) {
      const { body } = expect(
        200,
        await second.call('POST', at('credentials', 'verify'), { body: { credential } }),
      )
      assert.equal(body.verified, !revoke.credentialIds.includes(credentialId), JSON.stringify(body))
    }
    process.stdout.write(
      `      ${held.length} issued, ${backedUp} until the backup, ${known.length} in it, ${added.length} after it was restored: no index twice\n`,
    )
  })
})
