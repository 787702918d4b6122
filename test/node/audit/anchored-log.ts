import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../node/cli/run.ts'
import { startNode, type TestNode } from '../../node.ts'

interface Line {
  entry?: { seq: number; hash: string; type: string; data: Record<string, unknown> }
  anchor?: { seq: number; hash: string; transactionHash: string }
}

describe('the audit log on the ledger', () => {
  let node: TestNode
  let folder: string
  let issuerDid: string
  const stdin = (async function* () {})()
  const cartulary = (...args: string[]) => run({ args, version: '0', stdin, fetch })

  const issue = async () => {
    const { status, body } = await node.call('POST', '/api/v1/credentials/issue', {
      body: {
        ...{ schemaId: 'education-degree-v1', issuerDid, proofType: 'eddsa-jcs-2022' },
        holderDid: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
        claims: {
          degree: { type: 'BachelorDegree', name: 'BSc', university: 'MIT', graduationYear: 2025 },
        },
      },
    })
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }

  before(async () => {
    node = await startNode()
    folder = await mkdtemp(join(tmpdir(), 'audit-'))
    await writeFile(join(folder, 'key'), node.adminApiKey)
    issuerDid = (await node.call('POST', '/api/v1/dids', { body: { method: 'ethr', keys: ['Ed25519'] } }))
      .body.did
    for (let i = 0; i < 3; i++) await issue()
    await Promise.all([issue(), issue(), issue()])
    await settled()
  })

  after(async () => {
    await node.close()
    await rm(folder, { recursive: true })
  })

  /** Waits until every event has its place. */
  const settled = async () => {
    const types = async () =>
      (await node.call('GET', '/api/v1/audit?limit=1000')).body.items.filter(
        ({ type }: { type: string }) => type === 'credentials.registered',
      )
    const count = async () =>
      (await types()).reduce((sum: number, { data }: { data: { count: number } }) => sum + data.count, 0)
    while ((await count()) < 6) await new Promise((resolve) => setTimeout(resolve, 100))
  }

  const verify = (source: string, ...more: string[]) => {
    const registries = JSON.stringify(node.chain.registries)
    return cartulary(
      'audit',
      'verify',
      source,
      '--rpc',
      node.chain.rpcUrl,
      '--registries',
      registries,
      ...more,
    )
  }

  it('verifies from the running node', async () => {
    const { code, stdout, stderr } = await verify(node.node.url, '--api-key-file', join(folder, 'key'))
    assert.equal(code, 0, stdout + stderr)
    assert.match(
      stdout,
      /^VERIFIED\n {2}\d+ entries .*\n {2}[3-6] heads are on the ledger, the newest at place \d+\n$/,
    )
  })

  it('commits each registration to the credentials issued by it', async () => {
    const { items } = (await node.call('GET', '/api/v1/audit/anchors')).body
    const entries = (await node.call('GET', '/api/v1/audit?limit=1000')).body.items
    const seqOf = (id: string) =>
      entries.find(
        ({ type, data }: Line['entry'] & {}) =>
          type === 'credentials.issued' && JSON.stringify(data).includes(id),
      ).seq
    for (const { seq, hash, transactionHash } of items) {
      assert.equal(entries[seq - 1].hash, hash)
      const registered = entries.filter(
        ({ data }: Line['entry'] & {}) => data.transactionHash === transactionHash,
      )
      assert.equal(registered.length, 1)
      for (const id of registered[0].data.credentialIds) assert.ok(seqOf(id) <= seq)
    }
    const head = (await node.call('GET', '/api/v1/audit/head')).body
    assert.equal(head.seq, entries.length)
    assert.equal(head.anchored.seq, items.at(-1).seq)
  })

  it('leaves the proofs of registrations as they were', async () => {
    const { credentialId, credential } = await issue()
    const registration = (await node.call('GET', `/api/v1/credentials/${credentialId}/registration`)).body
    assert.equal(registration.proof.length, 1)
    await writeFile(join(folder, 'credential.json'), JSON.stringify(credential))
    await writeFile(join(folder, 'registration.json'), JSON.stringify(registration))
    const network = ['--rpc', node.chain.rpcUrl, '--registries', JSON.stringify(node.chain.registries)]
    const files = [join(folder, 'credential.json'), '--registration', join(folder, 'registration.json')]
    const { code, stdout } = await cartulary('verify', ...files, ...network)
    assert.equal(code, 0, stdout)
  })

  it('needs the scope audit:read', async () => {
    const { body } = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 'x', scopes: ['credentials:read'], issuerDids: '*' },
    })
    assert.equal((await node.call('GET', '/api/v1/audit', { key: body.key })).status, 403)
    assert.equal((await node.call('GET', '/api/v1/audit/head', { key: null })).status, 401)
  })

  describe('an exported log', () => {
    let lines: Line[]

    before(async () => {
      const file = join(folder, 'log.ndjson')
      const exported = await cartulary(
        ...['audit', 'export', node.node.url, '--api-key-file', join(folder, 'key'), '--out', file],
      )
      assert.equal(exported.code, 0, exported.stderr)
      lines = (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    })

    const verdict = async (change: (lines: Line[]) => Line[], ...more: string[]) => {
      const file = join(folder, 'changed.ndjson')
      await writeFile(
        file,
        change(structuredClone(lines))
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      )
      const { stdout, stderr, code } = await verify(file, '--json', ...more)
      assert.equal(stderr, '')
      const { fault } = JSON.parse(stdout)
      assert.equal(code, fault ? 1 : 0)
      return fault && { kind: fault.kind, seq: fault.seq }
    }
    const anchors = () => lines.flatMap(({ anchor }) => anchor ?? [])

    it('verifies', async () => assert.equal(await verdict((all) => all), undefined))

    it('is found altered', async () => {
      const { seq } = anchors()[1]!
      const altered = await verdict((all) => {
        all.find(({ entry }) => entry?.seq === seq)!.entry!.data.count = 2
        return all
      })
      assert.deepEqual(altered, { kind: 'altered', seq })
    })

    it('is found rewritten where the hashes were made anew', async () => {
      const { chainHash, entryDigest } = await import('../../../node/audit/entry.ts')
      const { seq } = anchors()[1]!
      const rewritten = await verdict((all) => {
        let previous = '0'.repeat(64)
        for (const { entry } of all) {
          if (!entry) continue
          if (entry.seq === seq) entry.data.count = 2
          entry.hash = chainHash(previous, entryDigest(entry.seq, entry as never))
          previous = entry.hash
        }
        return all
      })
      assert.deepEqual(rewritten, { kind: 'anchored otherwise', seq: anchors()[0]!.seq + 1 })
    })

    it('is found rewritten where its anchors were, too', async () => {
      const { seq, hash } = anchors()[1]!
      const forged = await verdict((all) => {
        for (const { anchor } of all) if (anchor?.seq === seq) anchor.hash = hash.replace(/./g, 'a')
        return all
      })
      assert.deepEqual(forged, { kind: 'not anchored', seq })
    })

    it('is found cut off before a head on the ledger', async () => {
      const last = anchors().at(-1)!
      const before = ({ seq }: { seq: number }) => seq < last.seq
      const cut = await verdict((all) => all.filter(({ entry }) => !entry || before(entry)))
      assert.deepEqual(cut, { kind: 'cut off', seq: last.seq })
      const cutWithAnchors = await verdict((all) =>
        all.filter(({ entry, anchor }) => before(entry ?? anchor ?? { seq: 0 })),
      )
      assert.deepEqual(cutWithAnchors, { kind: 'cut off', seq: anchors().at(-2)!.seq + 1 })
    })

    it('is found cut off before a head that was kept', async () => {
      const last = lines.flatMap(({ entry }) => entry ?? []).at(-1)!
      const kept = `${last.seq}:${last.hash}`
      assert.equal(await verdict((all) => all, '--head', kept), undefined)
      const cut = await verdict((all) => all.filter(({ entry }) => entry?.seq !== last.seq), '--head', kept)
      assert.deepEqual(cut, { kind: 'cut off', seq: last.seq })
    })
  })
})
