import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../../node/cli/run.ts'
import { bulkPath } from '../../bulk-client.ts'
import { startNode, type TestNode } from '../../node.ts'
import { expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'

const wrapper = fileURLToPath(new URL('../../../scripts/cartulary.mjs', import.meta.url))
const header = 'Student,degree.type,Title'
const mapping = '{"Student": "holderDid", "Title": "degree.name"}'

describe('the command cartulary bulk', () => {
  let node: TestNode
  let directory: string
  let options: string[]

  before(async () => {
    node = await startNode({ environment: { BULK_CHUNK_ROWS: '10' } })
    directory = await mkdtemp(join(tmpdir(), 'cartulary-bulk-'))
    const issuerDid = await makeIssuer(node)
    const schemaId = await makeSchema(node, issuerDid)
    await writeFile(join(directory, 'key'), `${node.adminApiKey}\n`)
    const door = ['--node', node.node.url, '--api-key-file', join(directory, 'key')]
    options = [
      ...door,
      '--schema',
      schemaId,
      '--issuer',
      issuerDid,
      '--mapping',
      mapping,
      '--proof-type',
      'eddsa-jcs-2022',
    ]
  })
  after(async () => {
    await node?.close()
    if (directory) await rm(directory, { recursive: true })
  })

  /** In this process; `screen` is what it would show. */
  async function bulk(
    args: readonly string[],
    { isTTY = false, input = '', onInterrupt = () => () => {} } = {},
  ) {
    let screen = ''
    const stdin = (async function* () {
      yield Buffer.from(input)
    })()
    const write = (text: string) => {
      screen += text
    }
    const ended = await run({
      args: ['bulk', ...args],
      ...{ version: '0', stdin, fetch, onInterrupt },
      screen: { isTTY, columns: 80, write },
    })
    return { ...ended, screen }
  }
  const file = async (name: string, rows: readonly string[]) => {
    await writeFile(join(directory, name), [header, ...rows].join('\n'))
    return join(directory, name)
  }
  const good = (count: number) => Array.from({ length: count }, (_, i) => `${holderDid},BachelorDegree,n${i}`)

  it('sends a file, shows how far it is, and fetches what was issued and what was not', async () => {
    const graduates = await file('graduates.csv', [...good(25), `${holderDid},None,x`])
    const { code, stdout, screen } = await bulk([graduates, ...options], { isTTY: true })
    assert.equal(code, 1, screen)
    assert.match(screen, /\r\[#{24}\] 100 % {2}26\/26 {2}1 failed/)
    assert.match(stdout, /^done: 25 of 26 rows issued, 1 failed, \d transactions\n/)
    assert.equal((await readFile(`${graduates}.success.csv`, 'utf8')).split('\r\n').length, 27)
    const failure = await readFile(`${graduates}.failure.csv`, 'utf8')
    assert.match(failure, /^cartulary:row,.*Student,degree\.type,Title\r\n26,SCHEMA_VALIDATION_FAILED,/)

    // corrected, from standard input, on no terminal
    const again = ['-', ...options, '--success', join(directory, 'again.csv')]
    const second = await bulk(again, { input: failure.replace('None', 'MasterDegree') })
    assert.equal(second.code, 0, second.stderr)
    assert.match(second.screen, /^job [0-9a-f-]{36}\n(.*\n)*100 % {2}1\/1\b.*\n$/)
    assert.match(await readFile(join(directory, 'again.csv'), 'utf8'), /registered/)
  })

  it('leaves a job going on when it is interrupted, and takes it up again by its ID', async () => {
    const many = await file('many.csv', good(400))
    const child = spawn(process.execPath, [wrapper, 'bulk', many, ...options], {
      cwd: directory,
      detached: true,
    })
    const closed = once(child, 'close')
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    for await (const chunk of child.stderr) {
      // as a terminal does, to the command and to what it is wrapped in
      if (/^\d+ %/m.test(String(chunk))) process.kill(-(child.pid as number), 'SIGINT')
    }
    const [code] = await closed
    assert.equal(code, 2, text)
    const [, id = ''] = /cartulary bulk ([0-9a-f-]{36}) --node http/.exec(text) ?? []
    const job = expect(200, await node.call('GET', `${bulkPath}/${id}`)).body
    assert.ok(['running', 'done'].includes(job.state))
    const door = options.slice(0, 4)
    const out = ['--success', join(directory, 'all.csv')]
    const taken = await bulk([id, ...door, ...out])
    assert.equal(taken.code, 0, taken.stderr)
    assert.equal((await readFile(join(directory, 'all.csv'), 'utf8')).split('\r\n').length, 402)
  })

  it('tells everything that is wrong with an order, and how it is used', async () => {
    const wrongColumns = join(directory, 'wrong.csv')
    await writeFile(wrongColumns, 'Student,Level\nx,y\n')
    const refused = await bulk([wrongColumns, ...options])
    assert.equal(refused.code, 65)
    assert.match(
      refused.stderr,
      /422 BULK_COLUMNS_INVALID(.|\n)*column "Level" is not in the schema(.|\n)*"Title" is mapped/,
    )
    for (const [code, args, message] of [
      [64, ['x.csv'], /Which node/],
      [64, ['x.csv', '--node', node.node.url], /--api-key-file/],
      [64, ['x.csv', ...options.slice(0, 4)], /--schema/],
      [64, [wrongColumns, ...options, '--type', 'xls'], /--type/],
      [64, ['x.csv', '--rpc', 'http://x'], /no option of bulk/],
      [66, [join(directory, 'none.csv'), ...options], /cannot be read/],
      [66, [directory, ...options], /is no file/],
      [69, [wrongColumns, ...options.with(1, 'http://127.0.0.1:1')], /does not answer/],
    ] as const) {
      const told = await bulk(args)
      assert.deepEqual([told.code, message.test(told.stderr)], [code, true], told.stderr)
    }
  })
})
