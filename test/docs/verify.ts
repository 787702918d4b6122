import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../node/json.ts'
import { startChain, type TestChain } from '../chain.ts'
import { startNode, type TestNode } from '../node.ts'
import { programsOf, root } from './programs.ts'

const jsonSchema = {
  type: 'object',
  properties: {
    degree: {
      type: 'object',
      properties: { name: { type: 'string' }, graduationYear: { type: 'integer' }, gpa: { type: 'number' } },
      required: ['name'],
      additionalProperties: false,
    },
  },
  required: ['degree'],
  additionalProperties: false,
}

/** What a holder keeps of one credential. */
interface Kept {
  credential: JsonObject | string
  registration: JsonObject
  contexts: readonly { file: string; text: string }[]
}

describe('docs/verify.md', () => {
  let chain: TestChain
  let programs: Map<string, string>
  let network: JsonObject
  let issuerDid: string
  let schemaId: string
  const kept = new Map<string, Kept>()
  const variants = ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022'] as const

  before(async () => {
    programs = await programsOf('docs/verify.md')
    chain = await startChain()
    const node = await startNode({ chain })
    try {
      network = (await node.call('GET', '/api/v1/network')).body
      await prepare(node)
    } finally {
      // From here on there is no node.
      await node.close()
    }
  })
  after(() => chain?.close())

  async function prepare(node: TestNode): Promise<void> {
    const post = async (path: string, body: unknown) => {
      const answer = await node.call('POST', `/api/v1${path}`, { body })
      assert.ok(answer.status < 300, JSON.stringify(answer.body))
      return answer.body
    }
    issuerDid = (await post('/dids', { method: 'ethr', keys: ['Ed25519', 'P-256'], name: 'MIT' })).did
    const holderDid = (await post('/dids', { method: 'key', keys: ['Ed25519'] })).did
    const schema = { name: 'degree', version: '1.0', issuerDid, type: 'DegreeCredential', jsonSchema }
    schemaId = (await post('/schemas', schema)).schemaId
    const expirationDate = new Date(Date.now() + 86_400_000).toISOString()
    const claims = { degree: { name: 'Bachelor of Science', graduationYear: 2025, gpa: 3.8 } }

    async function issue(name: string, terms: JsonObject): Promise<string> {
      const body = { issuerDid, schemaId, holderDid, claims, expirationDate, revocable: true, ...terms }
      const { credential, credentialId } = await post('/credentials/issue', body)
      const path = `/api/v1/credentials/${encodeURIComponent(credentialId)}/registration`
      const registration = (await node.call('GET', path)).body
      const urls: string[] = typeof credential === 'string' ? [] : credential['@context']
      const own = urls.filter((url) => url.includes('/contexts/'))
      const contexts = await Promise.all(
        own.map(async (url) => ({
          file: url.split('/').at(-1) as string,
          text: await (await fetch(url)).text(),
        })),
      )
      kept.set(name, { credential, registration, contexts })
      return credentialId
    }

    for (const proofType of variants) {
      await issue(`${proofType} 1.1`, { proofType, dataModel: '1.1', suspendable: true })
      await issue(`${proofType} 2.0`, { proofType, dataModel: '2.0' })
    }
    await issue('token', { proofType: 'JwtProof2020' })
    const credentialId = await issue('revoked', { proofType: 'Ed25519Signature2020' })
    await post('/credentials/revoke', { credentialId, reason: 'Degree rescinded' })
  }

  /** Runs a program of the page in a directory with what the holder kept. */
  async function run(program: string, { credential, registration, contexts }: Kept) {
    const directory = await mkdtemp(join(tmpdir(), 'verify-'))
    try {
      await mkdir(join(directory, 'contexts'))
      await Promise.all([
        ...['node', 'node_modules'].map((name) => symlink(join(root, name), join(directory, name))),
        ...[...programs].map(([name, code]) => writeFile(join(directory, name), code)),
        ...contexts.map(({ file, text }) => writeFile(join(directory, 'contexts', file), text)),
        writeFile(join(directory, 'package.json'), '{"type": "module"}'),
        writeFile(join(directory, 'network.json'), JSON.stringify(network)),
        writeFile(join(directory, 'registration.json'), JSON.stringify(registration)),
        typeof credential === 'string'
          ? writeFile(join(directory, 'credential.jwt'), credential)
          : writeFile(join(directory, 'credential.json'), JSON.stringify(credential)),
      ])
      return await new Promise<{ code: number; output: string }>((resolve) => {
        const options = { cwd: directory, env: { RPC_URL: chain.rpcUrl } }
        execFile(process.execPath, [program], options, (error, stdout, stderr) => {
          resolve({ code: Number(error?.code ?? 0), output: stdout + stderr })
        })
      })
    } finally {
      await rm(directory, { recursive: true })
    }
  }

  const of = (name: string): Kept => kept.get(name) as Kept
  const failures = (output: string) => output.split('\n').filter((line) => line.startsWith('FAIL'))

  for (const proofType of variants) {
    for (const dataModel of ['1.1', '2.0'] as const) {
      it(`verifies ${proofType}, data model ${dataModel}, after the node has stopped`, async () => {
        const { code, output } = await run('verify.mjs', of(`${proofType} ${dataModel}`))
        assert.deepEqual({ code, failures: failures(output) }, { code: 0, failures: [] }, output)
        const passes = output.split('\n').filter((line) => line.startsWith('pass'))
        assert.equal(passes.length, dataModel === '1.1' ? 10 : 9, output)
        assert.match(output, /^registered \d{4}-\d\d-\d\dT.* in 0x[0-9a-f]{64}$/m)
      })
    }
  }

  it('fails a revoked credential for its status alone', async () => {
    const { code, output } = await run('verify.mjs', of('revoked'))
    assert.deepEqual(
      { code, failures: failures(output) },
      { code: 1, failures: ['FAIL  status: not under revocation'] },
      output,
    )
  })

  it('fails a changed claim for its proof and its registration', async () => {
    for (const proofType of variants) {
      const credential = structuredClone(of(`${proofType} 2.0`).credential) as {
        credentialSubject: JsonObject
      }
      credential.credentialSubject.degree = { name: 'Doctor of Everything' }
      const { output } = await run('verify.mjs', {
        ...of(`${proofType} 2.0`),
        credential: credential as never,
      })
      assert.deepEqual(
        failures(output).map((line) => line.split(/\s+/)[1]),
        ['proof:', 'registration:'],
        output,
      )
    }
  })

  it('fails a status that is hidden from who reads the members, though its proof holds', async () => {
    const { credentialStatus, ...shown } = of('revoked').credential as JsonObject
    const iri = 'https://www.w3.org/2018/credentials#credentialStatus'
    const hidden = { ...shown, [iri]: credentialStatus }
    const { code, output } = await run('verify.mjs', { ...of('revoked'), credential: hidden as never })
    assert.notEqual(code, 0)
    assert.match(output, /^pass {2}proof: signed by an assertion key of the issuer/m)
    assert.match(output, /^FAIL {2}proof: nothing is said out of place/m)
  })

  it('refuses a context that is not the one on the ledger', async () => {
    const honest = of('eddsa-rdfc-2022 2.0')
    const contexts = honest.contexts.map(({ file, text }) => ({
      file,
      text: text.replaceAll('degree', 'title'),
    }))
    const { code, output } = await run('verify.mjs', { ...honest, contexts })
    assert.equal(code, 1)
    assert.match(output, /FAIL {2}proof/)
  })

  it('verifies a token, and refuses a changed one', async () => {
    const token = of('token').credential as string
    const { code, output } = await run('token.mjs', of('token'))
    assert.equal(code, 0, output)
    assert.match(output, new RegExp(`^pass  proof: ${issuerDid} signed with`))
    const [header, payload = '', signature] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: issuerDid })).toString('base64url')
    const tampered = await run('token.mjs', {
      ...of('token'),
      credential: [header, changed, signature].join('.'),
    })
    assert.notEqual(tampered.code, 0)
    assert.match(tampered.output, /invalid_signature/)
  })

  it('runs the node’s own checks from a checkout, without a node', async () => {
    const good = JSON.parse((await run('checkout.ts', of('Ed25519Signature2020 1.1'))).output)
    assert.equal(good.verified, true, JSON.stringify(good))
    const revoked = JSON.parse((await run('checkout.ts', of('revoked'))).output)
    assert.equal(revoked.verified, false)
    assert.equal(revoked.checks.revocation.revoked, true)
  })
})
