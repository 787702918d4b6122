import { type ParseArgsConfig, parseArgs } from 'node:util'
import { CliError } from './exit.ts'

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

const options = {
  rpc: text,
  registries: text,
  registration: text,
  chain: { type: 'string', multiple: true, default: [] },
  contexts: text,
  challenge: text,
  domain: text,
  'any-holder': flag,
  'did-web': flag,
  'fetch-lists': flag,
  json: flag,
  offline: flag,
  digest: text,
  node: text,
  'api-key-file': text,
  out: text,
  key: text,
  schema: text,
  issuer: text,
  'proof-type': text,
  expires: text,
  mapping: text,
  type: text,
  'not-revocable': flag,
  'dry-run': flag,
  success: text,
  failures: text,
  head: { type: 'string', multiple: true, default: [] },
  help: { type: 'boolean', short: 'h', default: false },
  version: flag,
} as const satisfies ParseArgsConfig['options']

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true })

/** Options of the command, by their names. */
export type Options = ReturnType<typeof parse>['values']

/** Options that a command knows, besides those that every one does. */
const known = {
  verify: [
    ...[
      'rpc',
      'registries',
      'registration',
      'chain',
      'contexts',
      'challenge',
      'domain',
      'any-holder',
      'did-web',
    ],
    ...['fetch-lists', 'json', 'offline', 'digest'],
  ],
  bundle: [
    'rpc',
    'registries',
    'registration',
    'chain',
    'contexts',
    'did-web',
    'node',
    'api-key-file',
    'out',
  ],
  'audit verify': ['rpc', 'registries', 'api-key-file', 'head', 'json'],
  'audit export': ['api-key-file', 'out'],
  bulk: [
    ...['node', 'key', 'api-key-file', 'schema', 'issuer', 'proof-type', 'expires', 'mapping', 'type'],
    ...['not-revocable', 'dry-run', 'success', 'failures'],
  ],
} as const

/** A command, the one thing that it is about, and its options. */
export interface Command {
  name: keyof typeof known
  subject: string
  options: Options
}

const isCommand = (name: string): name is Command['name'] => Object.hasOwn(known, name)

const wrong = (message: string) =>
  new CliError('usage', `${message}\nRun cartulary --help to see how it is used.`)

/** Undefined when only help or the version was asked for. @throws CliError */
export function parseCommand(args: readonly string[]): { options: Options; command?: Command } {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    throw wrong((error as Error).message)
  }
  const { values, positionals } = parsed
  if (values.help || values.version) return { options: values }
  const words = positionals[0] === 'audit' ? 2 : 1
  const name = positionals.slice(0, words).join(' ')
  const [subject, ...others] = positionals.slice(words)
  if (!isCommand(name)) {
    throw wrong(
      name === '' ? 'Which command? bulk, verify, bundle or audit.' : `There is no command ${name}.`,
    )
  }
  if (subject === undefined) throw wrong(`What to ${name}? A file, or - for standard input.`)
  if (others.length > 0) throw wrong(`One at a time: ${others.join(' ')} is too much.`)
  const allowed: readonly string[] = known[name]
  const given = Object.entries(values).filter(([, value]) => value !== false && String(value) !== '')
  const strange = given.find(([option]) => !allowed.includes(option))
  if (strange) throw wrong(`--${strange[0]} is no option of ${name}.`)
  return { options: values, command: { name, subject, options: values } }
}
