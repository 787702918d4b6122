import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { IssuerError } from '../../../node/errors.ts'
import { formats } from '../../../node/formats/index.ts'
import type { RecallDeps } from '../../../node/recall/recall-deps.ts'
import { createRecallJob } from '../../../node/recall/recall-job.ts'
import { reissue } from '../../../node/recall/reissue.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { readSecured } from '../../../node/stores/credentials.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { createRecallStore, noteRecalled, type RecallRow } from '../../../node/stores/recalls.ts'
import { openCredential } from '../../../node/verification/open-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

describeOnNodeStacks('a recall that two processes do', (stack) => {
  let chain: TestChain
  let fresh: FreshDatabase
  let issuing: Issuing
  let deps: RecallDeps
  let recall: RecallRow
  let schemaId: string
  const terms = { proofType: 'eddsa-jcs-2022', revocable: true, suspendable: false, dryRun: false }

  before(async () => {
    chain = await startChain()
    fresh = await stack.create()
    issuing = await openIssuing({ chain, location: fresh.location, queueUrl: fresh.queueUrl })
    const issuer = await issuing.createIssuer()
    schemaId = (await issuing.registerSchema(issuer)).id
    const subjects = Array.from({ length: 5 }, () => ({ holderDid, claims: degree }))
    await issuing.issueBatch({ schemaId, issuerDid: issuer.did, ...terms, subjects })
    deps = {
      recalls: createRecallStore(issuing.database),
      noteRecalled,
      pipeline: issuing.deps,
      queue: { notify: () => {} },
      statusChanger: issuing.changer,
      dids: createDidStore(issuing.database),
      readCredential: (row) => openCredential(formats, readSecured(row), { inlineContexts: true }),
      now: () => new Date(),
    }
    const [signed] = await issuing.database.selectFrom('credential_terms').selectAll().execute()
    const since = '2020-01-01T00:00:00.000Z'
    recall = {
      ...{ recall_id: randomUUID(), tenant_id: 'default', actor: 'k', issuer_did: issuer.did },
      ...{ verification_method: signed?.verification_method as string, since, action: 'reissue' },
      ...{ reason: null, state: 'running', total: 5, done: 0, failed: 0, after_time: null, after_id: null },
      ...{ problem: null, created_at: since, finished_at: null },
    }
    await deps.recalls.insert(recall)
  })
  after(async () => {
    await issuing?.close()
    await chain?.close()
    await fresh?.drop()
  })

  const credentials = async () =>
    (await issuing.database.selectFrom('credentials').select('credential_id').execute()).length

  it('issues nothing twice, also by one that stood still while another one went on', async () => {
    const rows = await deps.recalls.next(recall, 10)
    assert.equal(rows.length, 5)
    await reissue(deps, recall, rows)
    assert.equal(await credentials(), 10)
    // had asked before the other one wrote what it did
    const late = { ...deps, recalls: { ...deps.recalls, outcomes: async () => [] } }
    await assert.rejects(reissue(late, recall, rows), /taken the place/)
    assert.equal(await credentials(), 10)
  })

  it('counts each chunk once', async () => {
    const [last] = (await deps.recalls.next(recall, 10)).slice(-1)
    assert.ok(last)
    const step = { after: last, done: 5, failed: 0 }
    assert.equal(await deps.recalls.advance(recall, step), true)
    assert.equal(await deps.recalls.advance(recall, step), false)
    assert.equal((await deps.recalls.get(recall.recall_id))?.done, 5)
  })

  it('takes turns with those of other tenants, and leaves one that fails for now to a later run', async () => {
    /** The key of an issuer of a tenant, which has signed so many credentials. */
    const signed = async (tenantId: string, count: number) => {
      const issuer = await issuing.createIssuer()
      const subjects = Array.from({ length: count }, () => ({ holderDid, claims: degree }))
      await onBehalfOf({ requestId: null, tenantId, actor: 'k' }, () =>
        issuing.issueBatch({ schemaId, issuerDid: issuer.did, ...terms, subjects }),
      )
      const query = issuing.database.selectFrom('credential_terms').select('verification_method')
      const row = await query.where('issuer_did', '=', issuer.did).executeTakeFirst()
      return { issuer_did: issuer.did, verification_method: row?.verification_method as string }
    }
    const [a, c] = [await signed('a', 7), await signed('c', 2)]
    const of = (tenant_id: string, key: typeof a, minute: number): RecallRow => ({
      ...{ ...recall, ...key, recall_id: randomUUID(), tenant_id, action: 'revoke' },
      created_at: `2026-01-01T00:0${minute}:00.000Z`,
    })
    const orders = [of('a', a, 1), of('a', a, 2), of('b', a, 3), of('c', c, 4)] as const
    for (const order of orders) await deps.recalls.insert(order)
    const turns: string[] = []
    const unreachable = new IssuerError('CHAIN_UNREACHABLE')
    const watched: RecallDeps['recalls'] = {
      ...deps.recalls,
      running: async () =>
        (await deps.recalls.running()).filter((each) => each.recall_id !== recall.recall_id),
      next: async (each, limit) => {
        turns.push(each.tenant_id)
        if (each.tenant_id === 'b') throw unreachable
        return deps.recalls.next(each, limit)
      },
    }
    await assert.rejects(createRecallJob({ ...deps, recalls: watched }, 3).run(), unreachable)
    // 7 credentials in chunks of 3, and a look whether there are more; the second recall of the tenant comes after the first
    assert.equal(turns.join(''), 'abcacaaaaaa')
    const states: unknown[] = []
    for (const { recall_id: id } of orders) {
      const { state, done, failed } = (await deps.recalls.get(id)) as RecallRow
      states.push([state, done, failed])
    }
    assert.deepEqual(states, [
      ['done', 7, 0],
      ['done', 7, 0],
      ['running', 0, 0],
      ['done', 2, 0],
    ])
    await deps.recalls.finish(orders[2].recall_id, { state: 'done', at: orders[2].created_at })
  })

  it('comes to its end', async () => {
    await createRecallJob(deps).run()
    const ended = await deps.recalls.get(recall.recall_id)
    assert.deepEqual([ended?.state, ended?.problem], ['done', null])
  })
})
