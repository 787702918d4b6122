import { IssuerError } from '../errors.ts'
import type { BulkSources } from './bulk.ts'
import { CliError, type Exit, exitCodes } from './exit.ts'
import type { Sources } from './input.ts'
import { parseCommand } from './options.ts'
import { usage } from './usage.ts'

interface Input extends Sources, Partial<Omit<BulkSources, keyof Sources>> {
  args: readonly string[]
  version: string
}

/** What the command wrote, and its exit code. */
export interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** Runs `cartulary` with these arguments; it throws only for faults of its own. */
export async function run({ args, version, ...sources }: Input): Promise<Ended> {
  try {
    const { options, command } = parseCommand(args)
    if (options.version) return { code: 0, stdout: `${version}\n`, stderr: '' }
    if (!command) return { code: 0, stdout: usage, stderr: '' }
    if (command.name === 'bundle') {
      const { bundle } = await import('./bundle.ts')
      const { exit, output, notice } = await bundle(sources, command)
      return { code: exitCodes[exit], stdout: output, stderr: notice }
    }
    if (command.name === 'audit verify' || command.name === 'audit export') {
      const { audit } = await import('./audit.ts')
      const { exit, output } = await audit(sources, command)
      return { code: exitCodes[exit], stdout: output, stderr: '' }
    }
    if (command.name === 'bulk') {
      const { bulk } = await import('./bulk.ts')
      const { exit, output } = await bulk({ ...unseen, ...sources }, command)
      return { code: exitCodes[exit], stdout: output, stderr: '' }
    }
    // loaded when it is needed: it brings every suite, and a mistyped option need not wait for them
    const { verify } = await import('./verify.ts')
    const { exit, output } = await verify(sources, command)
    return { code: exitCodes[exit], stdout: output, stderr: '' }
  } catch (error) {
    const { exit, message } = explain(error)
    return { code: exitCodes[exit], stdout: '', stderr: `${message}\n` }
  }
}

/** Without a terminal: nothing is shown, and nobody interrupts. */
const unseen = { screen: { write: () => {} }, onInterrupt: () => () => {} }

const exits: Readonly<Record<string, Exit>> = {
  MALFORMED_REQUEST: 'malformed',
  CHAIN_UNREACHABLE: 'unavailable',
  CHAIN_MISMATCH: 'unavailable',
}

function explain(error: unknown): { exit: Exit; message: string } {
  if (error instanceof CliError) return { exit: error.exit, message: error.message }
  if (!(error instanceof IssuerError)) throw error
  const exit = exits[error.code]
  if (exit === undefined) throw error
  const lines = error.violations.map(({ pointer, message }) => `  ${pointer || '/'} ${message}`)
  const hint = exit === 'unavailable' ? ['Check --rpc and --registries: they must belong together.'] : []
  return { exit, message: [error.message, ...lines, ...hint].join('\n').replace(/[^\P{Cc}\n]/gu, '\ufffd') }
}
