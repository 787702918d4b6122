import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const lockModule = new URL('../../scripts/setup-lock.mjs', import.meta.url).href
const root = fileURLToPath(new URL('../..', import.meta.url))

interface LockedPackage {
  optionalDependencies?: Record<string, string>
  resolved?: string
}

describe('setup', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cartulary-setup-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  const locked = (action: string) =>
    `import { withLock } from '${lockModule}'\nawait withLock('${folder}', async () => { ${action} })`
  const run = (source: string) => spawn(process.execPath, ['--input-type=module', '-e', source])

  it('lets one process at a time into a folder', async () => {
    const first = run(
      locked("process.stdout.write('in'); await new Promise((r) => process.stdin.once('data', r))"),
    )
    await once(first.stdout, 'data')
    const second = run(locked("process.stdout.write('in')"))
    const [waiting] = await once(second.stdout, 'data')
    assert.match(String(waiting), /Waiting for another setup of this folder \(process \d+\)/)
    first.stdin.end('go on')
    const [entered] = await once(second.stdout, 'data')
    assert.equal(String(entered), 'in')
  })

  it('takes the lock of a dead process over', () => {
    const killed = spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      locked("process.kill(process.pid, 'SIGKILL')"),
    ])
    assert.equal(killed.signal, 'SIGKILL')
    const next = spawnSync(process.execPath, ['--input-type=module', '-e', locked("console.log('in')")])
    assert.equal(String(next.stdout), 'in\n')
  })
})

describe('package-lock.json', () => {
  let packages: Record<string, LockedPackage>

  before(async () => {
    packages = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages
  })

  it('has the optional packages of every platform: npm ci refuses it otherwise', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    )
    assert.deepEqual(missing, [])
  })

  it('names no registry', () => {
    const named = Object.values(packages).filter(({ resolved }) => resolved !== undefined)
    assert.deepEqual(named, [])
  })
})
