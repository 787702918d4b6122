import { open } from 'node:fs/promises'
import type { AuditHead } from '../audit/entry.ts'
import type { AnchoredHead } from '../audit/read-log.ts'
import { type AuditLedger, type AuditVerdict, verifyLog } from '../audit/verify-log.ts'
import { registrationLog } from '../ledger/registration-log.ts'
import { registrationRoot } from '../ledger/registration-root.ts'
import { type AuditSource, fileSource, nodeSource } from './audit-source.ts'
import { CliError } from './exit.ts'
import { readBytes, type Sources } from './input.ts'
import { httpUrl, readNetwork } from './network.ts'
import type { Command, Options } from './options.ts'
import { printable } from './report.ts'
import type { Result } from './verify.ts'

/** `cartulary audit verify` and `cartulary audit export`. @throws CliError, IssuerError */
export async function audit(sources: Sources, { name, subject, options }: Command): Promise<Result> {
  const source = await openSource(sources, subject, options)
  if (name === 'audit export') return exportLog(source, options)
  const anchors = await collect(source.anchors())
  const ledger = await openLedger(sources, subject, options)
  const check = (heads: readonly AnchoredHead[]) =>
    verifyLog({
      ...{ entries: source.entries(), anchors: heads, kept: keptHeads(options) },
      ...(ledger && { ledger }),
    })
  let verdict = await check(anchors)
  // a running node writes on while it is read: what the ledger held just now has its head in the log by now
  if (ledger && verdict.fault?.kind === 'cut off' && httpUrl(subject)) {
    const held = new Set(
      (await ledger.registrationsFrom(0)).map(({ transactionHash }) => transactionHash as string),
    )
    const now = await collect(source.anchors())
    verdict = await check(now.filter(({ transactionHash: hash }) => held.has(hash) || isAmong(anchors, hash)))
  }
  return report(verdict, options, ledger !== undefined)
}

const isAmong = (anchors: readonly AnchoredHead[], hash: string) =>
  anchors.some(({ transactionHash }) => transactionHash === hash)

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function openSource(sources: Sources, subject: string, options: Options): Promise<AuditSource> {
  const url = httpUrl(subject)
  if (!url) return fileSource(subject)
  const file = options['api-key-file']
  if (file === undefined)
    throw new CliError(
      'usage',
      'To read the log of a node, give --api-key-file a file with a key that has audit:read.',
    )
  const key = (await readBytes(sources, file)).toString('utf8').trim()
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) throw new CliError('malformed', `${file} holds no API key.`)
  return nodeSource(sources, url, key)
}

async function openLedger(
  sources: Sources,
  subject: string,
  options: Options,
): Promise<AuditLedger | undefined> {
  if (options.rpc === undefined) return undefined
  const node = httpUrl(subject) ? { node: subject } : {}
  const { rpcUrl, registries } = await readNetwork(sources, { ...options, ...node })
  // asked once: what the node registers from then on is for the next verification
  let asked: ReturnType<AuditLedger['registrationsFrom']> | undefined
  return {
    rootOf: registrationRoot,
    registrationsFrom: (fromBlock) => {
      asked ??= registrationLog({ rpcUrl, address: registries.statusListRegistry, fromBlock })
      return asked
    },
  }
}

/** Heads that the caller kept: `PLACE:HASH`. @throws CliError */
function keptHeads({ head = [] }: Options): AuditHead[] {
  return head.map((text) => {
    const [, seq, hash] = /^([1-9]\d{0,8}):([0-9a-f]{64})$/.exec(text) ?? []
    if (seq === undefined || hash === undefined)
      throw new CliError('usage', `--head must be a place and a hash, such as 120:3c0f…, not ${text}.`)
    return { seq: Number(seq), hash }
  })
}

function report(verdict: AuditVerdict, { json }: Options, compared: boolean): Result {
  const exit = verdict.fault ? 'failed' : 'verified'
  if (json) return { exit, output: `${printable({ verdict: exit, ...verdict })}\n` }
  const { fault, entries, head, anchors, anchoredSeq } = verdict
  const lines = [
    exit.toUpperCase(),
    ...(fault ? [`  place ${fault.seq}: ${fault.kind}. ${fault.message}`] : []),
    `  ${entries} entries follow one another, up to ${head.seq}:${head.hash}`,
    compared
      ? `  ${anchors} heads are on the ledger, the newest at place ${anchoredSeq}`
      : '  not compared with the ledger: give --rpc',
  ]
  return { exit, output: `${lines.join('\n')}\n` }
}

/** Heads first, so that a log that is written on meanwhile has the entries for them. */
async function exportLog(source: AuditSource, { out }: Options): Promise<Result> {
  if (out === undefined) throw new CliError('usage', 'Where to? Give --out a file.')
  const file = await open(out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new CliError('unreadable', `${out} cannot be written: ${error.code ?? error.message}.`)
  })
  let entries = 0
  try {
    for await (const anchor of source.anchors()) await file.write(`${JSON.stringify({ anchor })}\n`)
    for await (const entry of source.entries()) {
      await file.write(`${JSON.stringify({ entry })}\n`)
      entries++
    }
  } finally {
    await file.close()
  }
  return { exit: 'verified', output: `${entries} entries\n` }
}
