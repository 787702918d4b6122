import { spawn } from 'node:child_process'
import { join } from 'node:path'

// `npm run check`: what tools can say about the code, each in a process of its own, two at a time (the number of
// cores of the smallest machine that is used). `npm run check -- types imports` runs these alone.

interface Check {
  command: string
  args: readonly string[]
  /** Says what is wrong with the output of a tool that found nothing, if anything is. */
  doubt?: (output: string) => string | undefined
}

const importsSeen = /(\d+) modules, (\d+) dependencies cruised/

const checks: Record<string, Check> = {
  types: {
    command: 'tsc',
    args: ['--noEmit', '--incremental', '--tsBuildInfoFile', 'cache/tsconfig.tsbuildinfo'],
  },
  imports: {
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', 'node', 'scripts', 'test', 'ignition', 'hardhat.config.ts'],
    // Where it cannot read TypeScript, it sees files without imports, and reports success.
    doubt: (output) => {
      const [, modules, dependencies] = importsSeen.exec(output) ?? []
      if (Number(dependencies) > Number(modules)) return undefined
      return 'dependency-cruiser has seen no imports: it cannot read this version of TypeScript.'
    },
  },
  style: { command: 'biome', args: ['ci', '--colors=off', '.'] },
  unused: { command: 'knip', args: ['--no-progress'] },
  contracts: { command: 'solhint', args: ['--disc', '--max-warnings', '0', 'contracts/**/*.sol'] },
}

interface Result {
  name: string
  passed: boolean
  output: string
  seconds: number
}

async function runCheck(name: string, { command, args, doubt }: Check): Promise<Result> {
  const started = performance.now()
  const { code, output } = await run(join('node_modules', '.bin', command), args)
  const reason = code === 0 ? doubt?.(output) : undefined
  return {
    name,
    passed: code === 0 && reason === undefined,
    output: reason === undefined ? output : `${output}\n${reason}`,
    seconds: (performance.now() - started) / 1000,
  }
}

function run(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    const finish = (code: number | null) => resolve({ code, output: Buffer.concat(chunks).toString() })
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${error.message}\n`))
      finish(null)
    })
    child.on('close', finish)
  })
}

function report({ name, passed, output, seconds }: Result): void {
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.toFixed(1)} s\n`)
  if (!passed) process.stdout.write(`${output.trimEnd()}\n\n`)
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in checks))
  if (unknown.length > 0) {
    process.stderr.write(
      `No such check: ${unknown.join(', ')}. There are ${Object.keys(checks).join(', ')}.\n`,
    )
    return 1
  }
  const waiting = Object.entries(checks).filter(([name]) => names.length === 0 || names.includes(name))
  let failed = 0
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const result = await runCheck(...next)
      if (!result.passed) failed++
      report(result)
    }
  }
  await Promise.all([work(), work()])
  return failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
