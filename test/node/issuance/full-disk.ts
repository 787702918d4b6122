import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { IssuerError } from '../../../node/errors.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
/** So much stays free when the disk is filled: a few dozen credentials. */
const room = 3_000_000

describe('a disk that is full', () => {
  let chain: TestChain
  let folder: string
  let house: Issuing
  let mounted = false

  before(async () => {
    chain = await startChain()
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'ignore' })
      mounted = true
    } catch {
      // who may not mount limits the file instead, which grows slower than its log: SQLite then says the same
    }
    house = await openIssuing({ chain, location: { file: join(folder, 'node.db') }, anchorWaitMs: 500 })
  })

  after(async () => {
    await house?.close()
    await chain?.close()
    if (mounted) execFileSync('umount', [folder])
    await rm(folder, { recursive: true })
  })

  const ballast = () => join(folder, 'ballast')
  async function fill(): Promise<void> {
    if (mounted) {
      const { bavail, bsize } = await statfs(folder)
      return writeFile(ballast(), Buffer.alloc(bavail * bsize - room))
    }
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(house.database)
    await sql`pragma max_page_count = ${sql.lit((rows[0]?.page_count ?? 0) + Math.floor(room / 80_000))}`.execute(
      house.database,
    )
  }
  const empty = () =>
    mounted ? rm(ballast()) : sql`pragma max_page_count = ${sql.lit(1_000_000_000)}`.execute(house.database)

  it('loses nothing that was acknowledged, says so, and goes on when there is room', async () => {
    const { did: issuerDid, identity } = await house.createIssuer()
    const terms = {
      schemaId: (await house.registerSchema({ did: issuerDid, identity })).id,
      issuerDid,
      proofType: 'eddsa-jcs-2022',
      revocable: true,
      suspendable: false,
      dryRun: false,
    }
    const one = () => house.issue({ ...terms, holderDid, claims: degree })
    const acknowledged = [(await one()).credentialId]
    const errors: unknown[] = []
    await fill()
    const issueUntilFull = async () => {
      while (errors.length < 4)
        await one().then(
          ({ credentialId }) => acknowledged.push(credentialId),
          (error) => errors.push(error),
        )
    }
    await Promise.all([issueUntilFull(), issueUntilFull(), issueUntilFull(), issueUntilFull()])
    for (const error of errors) {
      assert.ok(error instanceof IssuerError, (error as Error).stack)
      assert.deepEqual([error.code, error.retryable], ['DATABASE_UNAVAILABLE', true])
    }
    const kept = await house.deps.credentials.getMany(acknowledged)
    assert.equal(kept.length, acknowledged.length)
    await empty()
    acknowledged.push((await one()).credentialId)
    const key = house.ledger.statusLists.keyOf({ issuer: identity, purpose: 'revocation', number: 1 })
    // what waited for the ledger is registered, each once
    for (;;) {
      const rows = await house.database.selectFrom('registration_entries').select('credential_id').execute()
      const registered = (await house.ledger.statusLists.get(key))?.registered ?? 0
      assert.ok(registered <= rows.length)
      if (registered === rows.length) break
      await new Promise(setImmediate)
    }
    for (const credentialId of acknowledged)
      assert.equal((await house.prove(credentialId)).credentialId, credentialId)
    process.stdout.write(
      `      ${acknowledged.length} acknowledged around a full disk (${mounted ? 'tmpfs' : 'max_page_count'}), 0 lost\n`,
    )
  })
})
