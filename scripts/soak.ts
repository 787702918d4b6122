import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

// `npm run test:soak`: the tests of crashes, faults and limits in their long forms, one after the other, and what became
// of each. `-- --minutes 60` repeats them with other seeds for so long; `-- --only kills,memory` runs these alone.
// `database`: servers that die, stand still for `--stall-seconds` or have no room. `bulk`: a file of `--rows` rows.

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    minutes: { type: 'string', default: '0' },
    kills: { type: 'string', default: '500' },
    credentials: { type: 'string', default: '1000000' },
    rows: { type: 'string', default: '1000000' },
    'stall-seconds': { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
  },
})

interface Part {
  files: readonly string[]
  environment: (seed: number) => Record<string, string>
}

const parts: Record<string, Part> = {
  posts: {
    files: ['test/crash/idempotent-posts.ts'],
    environment: (seed) => ({ CRASH_EXHAUSTIVE: 'true', CRASH_SEED: String(seed) }),
  },
  kills: {
    files: ['test/crash/random-kills.ts'],
    environment: (seed) => ({ CRASH_KILLS: values.kills, CRASH_SEED: String(seed) }),
  },
  chain: {
    files: ['test/node/issuance/chain-faults.ts', 'test/node/issuance/writing-processes.ts'],
    environment: () => ({ CHAIN_STALL_MS: String(Number(values['stall-seconds']) * 1_000) }),
  },
  database: {
    files: [
      'test/node/outages.ts',
      'test/node/stores/postgres.ts',
      'test/node/issuance/full-disk.ts',
      'test/node/protocols/slow-servers.ts',
    ],
    environment: () => ({ SOAK_STALL_MS: String(Number(values['stall-seconds']) * 1_000) }),
  },
  hostile: {
    files: ['test/node/protocols/hostile-input.ts'],
    environment: () => ({ HOSTILE_RUNS: '100' }),
  },
  memory: {
    files: ['test/crash/memory.ts'],
    environment: () => ({
      SOAK_CREDENTIALS: values.credentials,
      SOAK_STALL_MS: String(Number(values['stall-seconds']) * 1_000),
    }),
  },
  bulk: {
    files: ['test/node/bulk/large-file.ts'],
    environment: () => ({ SOAK_ROWS: values.rows }),
  },
}

const say = (text: string) => process.stdout.write(`${text}\n`)

function run({ files, environment }: Part, seed: number): Promise<boolean> {
  const hardhat = join('node_modules', '.bin', 'hardhat')
  const child = spawn(hardhat, ['test', 'mocha', '--no-compile', ...files], {
    stdio: 'inherit',
    // biome-ignore lint/style/noProcessEnv: whoever runs it is the environment of what it runs
    env: { ...process.env, ...environment(seed) },
  })
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
}

async function soak(): Promise<void> {
  const names = values.only?.split(',') ?? Object.keys(parts)
  const unknown = names.filter((name) => !parts[name])
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`)
  const end = Date.now() + Number(values.minutes) * 60_000
  const outcomes: string[] = []
  for (let seed = Number(values.seed); outcomes.length === 0 || Date.now() < end; seed++) {
    for (const name of names) {
      const started = Date.now()
      say(`\n${new Date().toISOString()} ${name}, seed ${seed}`)
      const passed = await run(parts[name] as Part, seed)
      const minutes = ((Date.now() - started) / 60_000).toFixed(1)
      outcomes.push(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(8)} seed ${seed}, ${minutes} min`)
      if (!passed) process.exitCode = 1
    }
  }
  say(`\n${outcomes.join('\n')}`)
}

await soak()
