import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { countIssued } from '../../../node/access/count-issued.ts'
import { createTenants, type Tenants } from '../../../node/access/tenants.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { countCredentials, createTenantStore, issuanceLimits } from '../../../node/stores/tenants.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

const now = () => new Date()

describeOnStacks('tenants of several processes', (stack) => {
  let fresh: FreshDatabase
  let database: Database

  before(async () => {
    fresh = await stack.create()
    database = await openDatabase(fresh.location)
  })
  after(async () => {
    await database?.destroy()
    await fresh?.drop()
  })

  /** What one process knows of them. */
  const asProcess = (): Tenants =>
    createTenants({ tenants: createTenantStore(database), dids: createDidStore(database), now })

  const count = (tenantId: string, credentials: number) =>
    onBehalfOf({ requestId: null, tenantId, actor: 'node' }, () =>
      database
        .transaction()
        .execute((trx) => countIssued({ issuanceLimits, countCredentials, now }, trx, credentials)),
    )

  it('are suspended everywhere within two seconds, however often they are asked for', async () => {
    const [here, there] = [asProcess(), asProcess()]
    await here.administration.create({ tenantId: 'busy', name: 'busy' })
    assert.equal((await there.get('busy'))?.state, 'active')
    await here.administration.update('busy', { state: 'suspended' })
    const deadline = performance.now() + 3_000
    let state: string | undefined
    while (state !== 'suspended' && performance.now() < deadline) {
      state = (await there.get('busy'))?.state
      // as requests come that are served meanwhile
      await delay(20)
    }
    assert.equal(state, 'suspended')
  })

  it('are counted by the transaction alone, which would wait for itself otherwise', async () => {
    const { administration } = asProcess()
    await administration.create({ tenantId: 'limited', name: 'limited', dailyCredentials: 3 })
    await count('limited', 2)
    await assert.rejects(count('limited', 2), { code: 'CREDENTIAL_QUOTA_EXCEEDED' })
    await count('limited', 1)
    assert.equal((await administration.require('limited')).credentialsToday, 3)
    await count('default', 1_000)
  })

  it('have nothing issued while they are suspended', async () => {
    const { administration } = asProcess()
    await administration.create({ tenantId: 'idle', name: 'idle' })
    await count('idle', 1)
    await administration.update('idle', { state: 'suspended' })
    await assert.rejects(count('idle', 1), { code: 'TENANT_SUSPENDED' })
    await administration.update('idle', { state: 'active' })
    await count('idle', 1)
  })
})
