import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueDegree, makeIssuer, makeSchema } from '../node/protocols/rest/scenario.ts'
import { startNode, type TestNode } from '../node.ts'
import { programsOf, root } from './programs.ts'

describe('docs/status.md', () => {
  let node: TestNode
  let directory: string
  let terms: { issuerDid: string; schemaId: string; suspendable: true }

  before(async () => {
    node = await startNode()
    const issuerDid = await makeIssuer(node)
    terms = { issuerDid, schemaId: await makeSchema(node, issuerDid), suspendable: true }
    directory = await mkdtemp(join(tmpdir(), 'status-'))
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
    for (const [name, code] of await programsOf('docs/status.md'))
      await writeFile(join(directory, name), code)
    const network = (await node.call('GET', '/api/v1/network')).body
    await writeFile(join(directory, 'network.json'), JSON.stringify(network))
  })
  after(async () => {
    await rm(directory, { recursive: true })
    await node?.close()
  })

  /** What the program prints about a credential. */
  async function run(credential: unknown): Promise<string[]> {
    await writeFile(join(directory, 'credential.json'), JSON.stringify(credential))
    return new Promise((resolve, reject) => {
      const options = { cwd: directory, env: { RPC_URL: node.chain.rpcUrl } }
      execFile(process.execPath, ['status.mjs'], options, (error, stdout, stderr) => {
        if (error) reject(new Error(stdout + stderr))
        else resolve(stdout.trim().split('\n'))
      })
    })
  }

  const change = (action: string, credentialId: string) =>
    node.call('POST', `/api/v1/credentials/${action}`, { body: { credentialId } })

  it('reads entries of all three kinds', async () => {
    const kinds = ['BitstringStatusListEntry', 'StatusList2021Entry', 'StatusListRegistryEntry']
    const proof = { proofType: 'Ed25519Signature2020', dataModel: '1.1', statusEncoding: kinds }
    const { credential, credentialId } = await issueDegree(node, { ...terms, ...proof })
    const lines = (revocation: string, suspension: string) =>
      kinds.flatMap((kind) => [`${kind} revocation ${revocation}`, `${kind} suspension ${suspension}`])
    assert.deepEqual(await run(credential), lines('valid', 'valid'))
    await change('suspend', credentialId)
    assert.deepEqual(await run(credential), lines('valid', 'suspended'))
    await change('revoke', credentialId)
    assert.deepEqual(await run(credential), lines('revoked', 'suspended'))
  })

  it('reads the claim of a token', async () => {
    const { credential, credentialId } = await issueDegree(node, { ...terms, proofType: 'dc+sd-jwt' })
    const payload = JSON.parse(Buffer.from(credential.split('.')[1], 'base64url').toString())
    assert.deepEqual(await run(payload), ['TokenStatusList  valid'])
    await change('suspend', credentialId)
    assert.deepEqual(await run(payload), ['TokenStatusList  suspended'])
    await change('revoke', credentialId)
    assert.deepEqual(await run(payload), ['TokenStatusList  revoked'])
  })

  it('knows nothing of lists of others', async () => {
    const other = { ...terms, issuerDid: await makeIssuer(node) }
    const kinds = ['BitstringStatusListEntry', 'StatusList2021Entry', 'StatusListRegistryEntry']
    const proof = { proofType: 'Ed25519Signature2020', dataModel: '1.1', statusEncoding: kinds }
    const { credential } = await issueDegree(node, { ...other, ...proof })
    const lines = await run({ ...credential, issuer: terms.issuerDid })
    assert.equal(lines.length, 6)
    for (const line of lines) assert.match(line, /unknown: /)
  })
})
