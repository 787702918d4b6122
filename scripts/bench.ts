import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { MessageKeyType } from '../node/keys/key-store.ts'
import { anonCredsTable } from './bench/anoncreds.ts'
import { bbsTable } from './bench/bbs.ts'
import { libraryRate, rawSigningRate } from './bench/libraries.ts'
import { batches, batchSize, gasFor, type Order, single } from './bench/load.ts'
import { type NodeProcess, openNodeProcess } from './bench/open-node-process.ts'
import { type Counts, circumstances, type Row, remarks, table } from './bench/report.ts'
import { suiteRate } from './bench/suite-rate.ts'
import { bodyOf, type NodeClient, nodeClient } from './node-client.ts'

// `npm run bench`: credentials a second for each proof type. `-- --quick` measures less, `-- --write` writes
// docs/benchmarks.md.

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' }, write: { type: 'boolean' } } })

const counts: Counts = flags.quick
  ? { one: 30, many: 320, batches: 1, raw: 2_000, library: 50 }
  : { one: 200, many: 1_600, batches: 5, raw: 20_000, library: 500 }
const concurrency = 32

const variants: readonly { proofType: string; key: MessageKeyType; algorithm?: string }[] = [
  { proofType: 'Ed25519Signature2020', key: 'Ed25519' },
  { proofType: 'eddsa-rdfc-2022', key: 'Ed25519' },
  { proofType: 'eddsa-jcs-2022', key: 'Ed25519' },
  { proofType: 'JwtProof2020', key: 'Ed25519', algorithm: 'EdDSA' },
  { proofType: 'JwtProof2020', key: 'P-256', algorithm: 'ES256' },
  { proofType: 'JwtProof2020', key: 'secp256k1', algorithm: 'ES256K' },
]

const progress = (text: string) => process.stderr.write(`${text}\n`)

/** An issuer with the one key, and a holder; the built-in schema of degrees. */
async function prepare(node: NodeClient, { key, proofType }: (typeof variants)[number]): Promise<Order> {
  const { did: issuerDid } = bodyOf(await node.post('/dids', { method: 'ethr', keys: [key] }), 201)
  const { did: holderDid } = bodyOf(await node.post('/dids', { method: 'key', keys: ['Ed25519'] }), 201)
  return { issuerDid, holderDid, schemaId: 'education-degree-v1', proofType }
}

async function sample(node: NodeClient, order: Order) {
  const claims = {
    degree: {
      type: 'BachelorDegree',
      name: 'Bachelor',
      university: 'Bench University',
      graduationYear: 2025,
    },
  }
  return bodyOf(await node.post('/credentials/issue', { ...order, claims }), 201).credential
}

async function measure(child: NodeProcess, variant: (typeof variants)[number]): Promise<Row> {
  const node = nodeClient({ url: child.url, apiKey: child.adminApiKey })
  const order = await prepare(node, variant)
  const credential = await sample(node, order)
  await single(node, order, { count: Math.ceil(counts.many / 5), concurrency })
  const one = await single(node, order, { count: counts.one, concurrency: 1 })
  const many = await single(node, order, { count: counts.many, concurrency })
  await batches(node, order, 1)
  const batch = await batches(node, order, counts.batches)
  const gas = (transactions: Parameters<typeof gasFor>[1], count: number) =>
    gasFor(child.rpcUrl, transactions, count)
  const { proofType, key, algorithm } = variant
  return {
    proofType: algorithm ? `${proofType} (${algorithm})` : proofType,
    key,
    raw: rawSigningRate(key, counts.raw),
    library: await libraryRate(credential, proofType, counts.library),
    suite: await suiteRate(credential, variant, counts.library * 10),
    one: { rate: one.rate, gas: await gas(one.transactions, counts.one) },
    many: { rate: many.rate, gas: await gas(many.transactions, counts.many) },
    batch: { rate: batch.rate, gas: await gas(batch.transactions, counts.batches * batchSize) },
  }
}

async function bench(): Promise<void> {
  const command = `npm run bench${flags.quick || flags.write ? ' --' : ''}${flags.quick ? ' --quick' : ''}${flags.write ? ' --write' : ''}`
  const conditions = await circumstances(command)
  progress('Starting a node and a chain, each in a process of its own …')
  const child = await openNodeProcess()
  const rows: Row[] = []
  try {
    for (const variant of variants) {
      progress(`${variant.proofType} with ${variant.key} …`)
      rows.push(await measure(child, variant))
    }
  } finally {
    await child.close()
  }
  progress('AnonCreds …')
  const anonCreds = await anonCredsTable()
  progress('BBS …')
  const bbs = await bbsTable()
  const text = [...conditions, '', table(rows), '', anonCreds, '', bbs, '', ...remarks(counts)].join('\n')
  print(text)
  if (!flags.write) return
  const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url))
  await writeFile(
    file,
    `# Benchmarks\nOne run, as \`npm run bench -- --write\` wrote it. Figures are credentials a second.\n\n${text}\n`,
  )
  progress(`Written: ${file}`)
}

function print(text: string): void {
  process.stdout.write(`\n${text}\n`)
}

bench().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})
