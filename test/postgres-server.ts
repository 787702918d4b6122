import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { freePort } from '../scripts/free-port.ts'

const run = promisify(execFile)

/** Where Debian keeps the programs of its servers, one folder for each version. */
const debian = '/usr/lib/postgresql'

/** A PostgreSQL server of its own, to be stopped while others use it. */
export interface TestPostgres {
  port: number
  /** Where its data are. */
  folder: string
  url: string
  isRunning(): boolean
  /** Ends it at once, as `pg_ctl stop -m immediate` does: it recovers when it is started again. */
  kill(): Promise<void>
  /** Starts it, on the same port, and waits until it takes connections. @throws with its output when it ends instead */
  start(): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/** Why no server can be started here; undefined when one can. */
export async function whyNoPostgresServer(): Promise<string | undefined> {
  try {
    await Promise.all([program('initdb'), user()])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Why no file system can be mounted, as `startPostgres` does for a small disk; undefined when one can. */
export async function whyNoSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    await run('umount', [folder])
    return undefined
  } catch (error) {
    return `no file system can be mounted: ${(error as Error).message.trim().split('\n').at(-1)}`
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * Makes a server on a free port and starts it; it ends with this process at the latest. With `megabytes` it has a disk
 * of its own, of that size, in memory.
 */
export async function startPostgres({ megabytes }: { megabytes?: number } = {}): Promise<TestPostgres> {
  const [initdb, postgres, owner, port] = [
    await program('initdb'),
    await program('postgres'),
    await user(),
    await freePort(),
  ]
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  const as = process.getuid?.() === 0 ? owner : {}
  await chown(folder, owner.uid, owner.gid)
  if (megabytes !== undefined) {
    const size = `size=${megabytes}m,uid=${owner.uid},gid=${owner.gid}`
    await run('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder])
  }
  const data = join(folder, 'data')
  // small pieces of log, so that a small disk holds it
  const shape = ['--encoding=UTF8', '--locale=C', '--auth=trust', '--username=postgres', '--wal-segsize=1']
  await run(initdb, [...shape, '--no-sync', '--no-instructions', '-D', data], { ...as, cwd: folder })

  let server: ReturnType<typeof spawn> | undefined
  const isRunning = () => server !== undefined && server.exitCode === null && server.signalCode === null
  const stop = () => server?.kill('SIGQUIT')
  process.once('exit', stop)
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    min_wal_size: '2MB',
    max_wal_size: '16MB',
  }
  const started: TestPostgres = {
    port,
    folder,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    isRunning,
    async start() {
      const settings = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      server = spawn(postgres, ['-D', data, ...settings], {
        ...as,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const lines: string[] = []
      const output = createInterface({ input: server.stderr as NonNullable<typeof server.stderr> })
      const ready = new Promise<void>((resolve, reject) => {
        output.on('line', (line) => {
          if (lines.length < 100) lines.push(line)
          if (/ready to accept connections/.test(line)) resolve()
        })
        output.once('close', () => reject(new Error(`PostgreSQL ended: ${lines.join('\n')}`)))
      })
      await ready
    },
    async kill() {
      if (!server || !isRunning()) return
      const ended = once(server, 'exit')
      stop()
      await ended
    },
    async remove() {
      await started.kill()
      process.off('exit', stop)
      if (megabytes !== undefined) await run('umount', [folder])
      await rm(folder, { recursive: true })
    },
  }
  await started.start()
  return started
}

/** A program of the server: its folder is in no PATH on Debian. */
async function program(name: string): Promise<string> {
  const versions = await readdir(debian).catch(() => [])
  const newest = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((each) => join(debian, each, 'bin', name))
  for (const candidate of [name, ...newest])
    if (
      await run(candidate, ['--version']).then(
        () => true,
        () => false,
      )
    )
      return candidate
  throw new Error(`${name} of PostgreSQL is not installed`)
}

/** Who runs it: this user, or `postgres` where that is root, whom the server refuses. */
async function user(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  if (uid !== 0) return { uid, gid }
  const id = async (option: string) => Number((await run('id', [option, 'postgres'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}
