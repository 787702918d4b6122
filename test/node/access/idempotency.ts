import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { scopes } from '../../../node/access/caller.ts'
import { createIdempotency, type Idempotency } from '../../../node/access/idempotency.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createIdempotencyStore } from '../../../node/stores/idempotency.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

const recountMs = 100
const claimMs = 100
const secrets = createSecretBox(randomBytes(32))

describeOnStacks('answers that several processes keep', (stack) => {
  let fresh: FreshDatabase
  let database: Database
  const opened: Idempotency[] = []

  before(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
  })
  after(async () => {
    for (const one of opened) one.close()
    await database?.destroy()
    await fresh?.drop()
  })

  const asProcess = (keepMs: number) => {
    const one = createIdempotency({
      ...{ store: createIdempotencyStore(database), secrets, keepMs, claimMs },
      ...{ limits: { records: 3, bytes: 1_000_000 }, recountMs, alone: false, now: () => new Date() },
    })
    opened.push(one)
    const name = opened.length
    let number = 0
    const ask = () =>
      onBehalfOf({ requestId: null, tenantId: 'default', actor: 'k' }, () =>
        one.begin({
          caller: { keyId: 'k', tenantId: 'default', scopes, issuers: '*' },
          ...{ key: `${name} ${number++}`, fingerprint: 'f' },
        }),
      )
    return { one, ask }
  }

  const end = async (begun: Awaited<ReturnType<Idempotency['begin']>>) => {
    assert.ok('answered' in begun)
    await begun.answered({ status: 200, headers: {}, body: '' })
  }

  it('are counted by a process that forgets none, and no longer when another one has forgotten them', async () => {
    const [answering, other, working] = [asProcess(200), asProcess(200), asProcess(200)]
    for (let n = 0; n < 3; n++) await end(await answering.ask())
    await assert.rejects(answering.ask(), { code: 'IDEMPOTENCY_LIMIT_REACHED' })
    await assert.rejects(other.ask(), { code: 'IDEMPOTENCY_LIMIT_REACHED' })
    // past the time for which they are kept, and past that of the count
    await delay(300)
    assert.equal(await working.one.job.run(), 3)
    await end(await answering.ask())
    await end(await other.ask())
  })
})
