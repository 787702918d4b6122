import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formats } from '../node/formats/index.ts'
import type { KeyType } from '../node/keys/key-store.ts'
import { openCredential } from '../node/verification/open-credential.ts'
import { anonCredsTable } from './bench/anoncreds.ts'
import { bbsTable } from './bench/bbs.ts'
import { libraryRate, rawSigningRate } from './bench/libraries.ts'
import { batches, batchSize, gasFor, type Order, single } from './bench/load.ts'
import { type NodeProcess, openNodeProcess } from './bench/open-node-process.ts'
import { type Counts, circumstances, type Row, remarks, table } from './bench/report.ts'
import { type ScaleCounts, scaleTable } from './bench/scale.ts'
import { suiteRate } from './bench/suite-rate.ts'
import { bodyOf, type NodeClient, nodeClient } from './node-client.ts'

// `npm run bench`: credentials a second for each proof type. `-- --quick` measures less, `-- --write` writes
// its figures into docs/benchmarks.md.

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' }, write: { type: 'boolean' } } })

const counts: Counts = flags.quick
  ? { one: 30, many: 320, batches: 1, raw: 2_000, library: 50 }
  : { one: 100, many: 960, batches: 3, raw: 20_000, library: 300 }
const scaleCounts: ScaleCounts = flags.quick
  ? { batches: 6, single: 256, stored: 50_000, revoked: 1_000, bulk: 5_000 }
  : { batches: 240, single: 960, stored: 1_000_000, revoked: 10_000, bulk: 100_000 }
const concurrency = 32

/** `isSlow`: a tenth of everything is measured. `hasAgent`: the suite does not sign by itself. */
interface Variant {
  proofType: string
  key: KeyType
  isSlow?: true
  hasAgent?: true
}

const variants: readonly Variant[] = [
  { proofType: 'Ed25519Signature2020', key: 'Ed25519' },
  { proofType: 'eddsa-rdfc-2022', key: 'Ed25519' },
  { proofType: 'eddsa-jcs-2022', key: 'Ed25519' },
  { proofType: 'ecdsa-rdfc-2019', key: 'P-256' },
  { proofType: 'ecdsa-rdfc-2019', key: 'P-384' },
  { proofType: 'ecdsa-jcs-2019', key: 'P-256' },
  { proofType: 'ecdsa-sd-2023', key: 'P-256', isSlow: true },
  { proofType: 'bbs-2023', key: 'Bls12381G2', isSlow: true },
  { proofType: 'BbsBlsSignature2020', key: 'Bls12381G2', isSlow: true },
  { proofType: 'JwtProof2020', key: 'Ed25519' },
  { proofType: 'JwtProof2020', key: 'P-256' },
  { proofType: 'JwtProof2020', key: 'secp256k1', hasAgent: true },
  { proofType: 'vc+jwt', key: 'Ed25519' },
  { proofType: 'vc+jwt', key: 'P-256' },
  { proofType: 'vc+sd-jwt', key: 'Ed25519' },
  { proofType: 'dc+sd-jwt', key: 'Ed25519' },
  { proofType: 'vc+cose', key: 'Ed25519' },
  { proofType: 'EthereumEip712Signature2021', key: 'secp256k1', hasAgent: true },
]

const progress = (text: string) => process.stderr.write(`${text}\n`)

/** An issuer with the one key, and a holder; the built-in schema of degrees. */
async function prepare(node: NodeClient, { key, proofType }: Variant): Promise<Order> {
  const { did: issuerDid } = bodyOf(await node.post('/dids', { method: 'ethr', keys: [key] }), 201)
  const { did: holderDid } = bodyOf(await node.post('/dids', { method: 'key', keys: ['Ed25519'] }), 201)
  return { issuerDid, holderDid, schemaId: 'education-degree-v1', proofType }
}

/** The unsecured document of a credential that the node issued. */
async function sample(node: NodeClient, order: Order) {
  const claims = {
    degree: {
      type: 'BachelorDegree',
      name: 'Bachelor',
      university: 'Bench University',
      graduationYear: 2025,
    },
  }
  const { credential } = bodyOf(await node.post('/credentials/issue', { ...order, claims }), 201)
  const { document } = openCredential(formats, credential)
  return { document, verificationMethod: `${order.issuerDid}#delegate-1` }
}

async function measure(child: NodeProcess, variant: Variant): Promise<Row> {
  const node = nodeClient({ url: child.url, apiKey: child.adminApiKey })
  const order = await prepare(node, variant)
  const what = await sample(node, order)
  const part = variant.isSlow ? 10 : 1
  const size = batchSize / part
  await single(node, order, { count: Math.ceil(counts.many / 5 / part), concurrency })
  const one = await single(node, order, { count: Math.ceil(counts.one / part), concurrency: 1 })
  const many = await single(node, order, { count: Math.ceil(counts.many / part), concurrency })
  await batches(node, order, { count: 1, size })
  const batch = await batches(node, order, { count: counts.batches, size })
  const gas = (transactions: Parameters<typeof gasFor>[1], count: number) =>
    gasFor(child.rpcUrl, transactions, count)
  const { proofType, key } = variant
  return {
    ...{ proofType, key },
    raw: rawSigningRate(key, counts.raw),
    library: await libraryRate(what, variant, counts.library / part),
    suite: variant.hasAgent ? undefined : await suiteRate(what, variant, (counts.library * 10) / part),
    one: { rate: one.rate, gas: await gas(one.transactions, Math.ceil(counts.one / part)) },
    many: { rate: many.rate, gas: await gas(many.transactions, Math.ceil(counts.many / part)) },
    batch: { rate: batch.rate, gas: await gas(batch.transactions, counts.batches * size) },
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
  const scale = await scaleTable(scaleCounts, progress)
  const tables = [scale, table(rows), anonCreds, bbs].flatMap((each) => [each, ''])
  const text = [...conditions, '', ...tables, ...remarks(counts)].join('\n')
  print(text)
  if (!flags.write) return
  const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url))
  const page = await readFile(file, 'utf8')
  // what is written by hand stands before and after it
  const measured = /(?<=<!-- measured -->\n).*(?=<!-- end -->)/s
  if (!measured.test(page)) throw new Error(`${file} does not say where the figures stand.`)
  await writeFile(
    file,
    page.replace(measured, () => `${text}\n`),
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
