import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const program = join(import.meta.dirname, '../../issuing-process.ts')

describeOnNodeStacks('a process that is killed while it issues', (stack) => {
  let chain: TestChain
  let fresh: FreshDatabase

  before(async () => {
    chain = await startChain()
    fresh = await stack.create()
  })

  after(async () => {
    await chain?.close()
    await fresh?.drop()
  })

  /** Runs the process until it has acknowledged so many credentials, and kills it at once. */
  async function runAndKill(options: object, acknowledgements: number): Promise<string[]> {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    const ids: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      ids.push(line)
      if (ids.length === acknowledgements) child.kill('SIGKILL')
    }
    await closed
    return ids
  }

  it('loses no acknowledged credential and registers each entry once', async () => {
    const options = {
      chain: { rpcUrl: chain.rpcUrl, registries: chain.registries },
      location: fresh.location,
      queueUrl: fresh.queueUrl,
    }
    const first = await openIssuing(options)
    const issuer = await first.createIssuer()
    const schemaId = (await first.registerSchema(issuer)).id
    await first.close()
    const terms: IssuanceTerms = {
      schemaId,
      issuerDid: issuer.did,
      proofType: 'eddsa-jcs-2022',
      revocable: true,
      suspendable: false,
      dryRun: false,
    }

    const acknowledged: string[] = []
    for (const [round, count] of [3, 17, 40].entries()) {
      // once without waiting for the ledger, so that more is left behind
      const anchorWaitMs = round === 1 ? 0 : 15_000
      acknowledged.push(...(await runAndKill({ ...options, terms, holderDid, anchorWaitMs }, count)))
    }

    const last = await openIssuing(options)
    const { credentialId } = await last.issue({ ...terms, holderDid, claims: { degree: { name: 'B' } } })
    const rows = await last.deps.credentials.getMany([...acknowledged, credentialId])
    assert.equal(rows.length, acknowledged.length + 1)
    const { recorded } = await last.database
      .selectFrom('credentials')
      .select((eb) => eb.fn.countAll<number>().as('recorded'))
      .executeTakeFirstOrThrow()
    for (const row of rows)
      assert.equal((await last.prove(row.credential_id)).credentialId, row.credential_id)
    const key = last.ledger.statusLists.keyOf({ issuer: issuer.identity, purpose: 'revocation', number: 1 })
    assert.equal((await last.ledger.statusLists.get(key))?.registered, recorded)
    await last.close()
  })
})
