import { readFile } from 'node:fs/promises'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Measured } from './load.ts'

/** What was measured for one proof type. */
export interface Row {
  proofType: string
  key: string
  raw: number | undefined
  library: number | undefined
  suite: number | undefined
  one: Measured
  many: Measured
  batch: Measured
}

/** How much was measured. */
export interface Counts {
  one: number
  many: number
  batches: number
  raw: number
  library: number
}

const whole = (value: number | undefined) =>
  value === undefined ? '–' : Math.round(value).toLocaleString('en-US')

const columns: readonly { title: string; of: (row: Row) => string }[] = [
  { title: 'proofType', of: ({ proofType }) => proofType },
  { title: 'key', of: ({ key }) => key },
  { title: 'node:crypto sign/s', of: ({ raw }) => whole(raw) },
  { title: 'library/s', of: ({ library }) => whole(library) },
  { title: 'suite/s', of: ({ suite }) => whole(suite) },
  { title: '1 at a time/s', of: ({ one }) => whole(one.rate) },
  { title: '32 at a time/s', of: ({ many }) => whole(many.rate) },
  { title: 'batches of 1,000/s', of: ({ batch }) => whole(batch.rate) },
  { title: 'gas, 1', of: ({ one }) => whole(one.gas) },
  { title: 'gas, 32', of: ({ many }) => whole(many.gas) },
  { title: 'gas, batch', of: ({ batch }) => batch.gas.toFixed(1) },
]

/** The rows as a table in Markdown, aligned for a terminal too. */
export function table(rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] as string).length)))
  const isText = (i: number) => i < 2
  const padded = lines.map((cells) =>
    cells.map((cell, i) =>
      isText(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
    ),
  )
  const rule = widths.map((width, i) => (isText(i) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [head = [], ...body] = padded
  return [head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

async function versionOf(name: string): Promise<string> {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return `${name} ${JSON.parse(await readFile(file, 'utf8')).version}`
}

/** Machine, versions and command of this run; to be asked before it begins. */
export async function circumstances(command: string): Promise<string[]> {
  const processors = cpus()
  const packages = ['hardhat', 'viem', 'fastify', '@digitalbazaar/vc', '@veramo/core']
  return [
    `- Machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}; load average before the run ${loadavg()[0]?.toFixed(1)}.`,
    `- Versions: Node ${process.version}, ${(await Promise.all(packages.map(versionOf))).join(', ')}.`,
    `- Command: \`${command}\`, ${new Date().toISOString().slice(0, 10)}.`,
  ]
}

/** What was done, and what the figures do not hold. */
export function remarks({ one, many, batches, raw, library }: Counts): string[] {
  return [
    `Counts, after a warm-up of each kind: ${one} calls one at a time, ${many} calls 32 at a time, ${batches} ${batches === 1 ? 'batch' : 'batches'} of 1,000, ${raw.toLocaleString('en-US')} raw signatures, ${library} of the library, ten times as many of the suite; proof types with selective disclosure by embedded proofs a tenth of all that.`,
    '',
    'Measured through HTTP with everything on: API key, checks of issuer, key, schema and holder, claims against the JSON Schema, signature, SQLite commit (WAL, synchronous=FULL), and an answer only when the registration is mined. Each credential is revocable. Load generator, node and chain are three processes, and they share the cores: with a machine for each the node would do more. `node:crypto`, the library and the suite ran alone, on one thread, in the same run: under library, `vc.issue` of Digital Bazaar for embedded proofs, jose for `vc+jwt` and @sd-jwt/core for `vc+sd-jwt` sign the same document with the contexts in memory and do nothing else; under suite, the suite of this node does the same. JwtProof2020 with secp256k1 (by the Veramo agent) and EthereumEip712Signature2021 (by the key store) have no figure of their own.',
    '',
    'The whole node: each row has a node and a chain of its own; on PostgreSQL the server and Redis share the same two cores, with their settings as Debian ships them. Batches go five side by side there, after 12 that are not counted, and one after the other in the table by proof type. Those that are compared with raw signatures are measured in five parts, with 20,000 signatures before each, since the speed of shared cores changes within minutes; for the same reason nodes on PostgreSQL and SQLite take turns, there and back, with half of the batches each time, and the node with much stored takes turns with the one with little, a part of the batches each time, by which the latter grows to some ten thousands; a file is compared with batches before and after it. The stored credentials are copies of issued ones under other ids and holders.',
    '',
    'Gas is that of all registration transactions divided by the credentials in them: one at a time each has its own, calls at the same time share them (group commit).',
    '',
    'Left out: the block time of a real chain (this one, Hardhat, mines at once but where a row says otherwise, so a single call on a real chain takes at least one block, and more calls share each transaction), its finality, the network between caller and node, TLS, look-ups of did:ethr and did:web holders (the holder here is a did:key), delivery and verification. The state of issuer and schema is cached for LEDGER_CACHE_MS. Compare ratios, not absolute figures: another machine gives others.',
  ]
}
