import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { formats } from '../../../node/formats/index.ts'
import type { RecallDeps } from '../../../node/recall/recall-deps.ts'
import { createRecallJob } from '../../../node/recall/recall-job.ts'
import { reissue } from '../../../node/recall/reissue.ts'
import { readSecured } from '../../../node/stores/credentials.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { createRecallStore, noteRecalled, type RecallRow } from '../../../node/stores/recalls.ts'
import { openCredential } from '../../../node/verification/open-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

describeOnStacks('a recall that two processes do', (stack) => {
  let chain: TestChain
  let fresh: FreshDatabase
  let issuing: Issuing
  let deps: RecallDeps
  let recall: RecallRow

  before(async () => {
    chain = await startChain()
    fresh = await stack.create()
    issuing = await openIssuing({ chain, location: fresh.location })
    const issuer = await issuing.createIssuer()
    const schemaId = (await issuing.registerSchema(issuer)).id
    const terms = { proofType: 'eddsa-jcs-2022', revocable: true, suspendable: false, dryRun: false }
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

  it('comes to its end', async () => {
    await createRecallJob(deps).run()
    const ended = await deps.recalls.get(recall.recall_id)
    assert.deepEqual([ended?.state, ended?.problem], ['done', null])
  })
})
