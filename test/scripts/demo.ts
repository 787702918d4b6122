import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../scripts/free-port.ts'
import { startNode, type TestNode } from '../node.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const lastStep = /^14\. An offer with a one-time token$/m

describe('npm run demo', () => {
  let node: TestNode

  before(async () => {
    node = await startNode()
  })
  after(() => node?.close())

  function demo(environment: Record<string, string>) {
    return new Promise<{ code: number; output: string }>((resolve) => {
      const options = { cwd: root, env: environment }
      execFile(process.execPath, ['scripts/demo.ts'], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      )
    })
  }

  const ofTestNode = (adminApiKey: string) => ({
    PORT: new URL(node.node.url).port,
    RPC_URL: node.chain.rpcUrl,
    REGISTRIES: JSON.stringify(node.chain.registries),
    ADMIN_API_KEY: adminApiKey,
  })

  it('tells the whole story with a node of its own when none answers', async () => {
    const { code, output } = await demo({ PORT: String(await freePort()) })
    assert.equal(code, 0, output)
    assert.match(output, /node of its own/)
    assert.match(output, lastStep)
    assert.match(output, /Every step gave what it should/)
  })

  it('tells it with the node that answers', async () => {
    const { code, output } = await demo(ofTestNode(node.adminApiKey))
    assert.equal(code, 0, output)
    assert.ok(output.startsWith(`With the node at ${node.node.url}`), output)
    assert.match(output, lastStep)
  })

  it('ends with 1 when a step does not give what it should', async () => {
    const { code, output } = await demo(ofTestNode('ck_not_the_key_of_this_node'))
    assert.equal(code, 1)
    assert.match(output, /FAILED: The node answered 401 UNAUTHORIZED/)
  })
})
