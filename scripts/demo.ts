import { type Config, readConfig } from '../node/config.ts'
import { type LedgerOfStranger, openLedgerOfStranger } from './demo/ledger.ts'
import * as story from './demo/story.ts'
import { bodyOf, type NodeClient, nodeClient } from './node-client.ts'
import { startOwnNode } from './own-node.ts'

// `npm run demo`: the whole story against a running node (PORT or PUBLIC_URL, with ADMIN_API_KEY), or against a node
// and a chain of its own.

const say = (text: string) => process.stdout.write(`${text}\n`)

/** A node to tell the story with, and what ends it. */
interface Stage {
  node: NodeClient
  rpcUrl: string | undefined
  close(): Promise<void>
}

async function openStage(config: Config): Promise<Stage> {
  const url = await runningNode(config)
  if (url && config.adminApiKey) {
    say(`With the node at ${url}.`)
    const node = nodeClient({ url, apiKey: config.adminApiKey })
    return { node, rpcUrl: config.chain?.rpcUrl, close: async () => {} }
  }
  if (url) {
    say(
      `A node answers at ${url}, but its API key is not in ADMIN_API_KEY: the demo takes a node of its own.`,
    )
  }
  say('Starting a chain and a node of its own, with data in a temporary directory …')
  const own = await startOwnNode()
  const node = nodeClient({ url: own.url, apiKey: own.adminApiKey })
  return { node, rpcUrl: own.rpcUrl, close: own.close }
}

async function runningNode({ publicUrl, port }: Config): Promise<string | undefined> {
  for (const url of new Set([`http://127.0.0.1:${port}`, publicUrl])) {
    const network = await nodeClient({ url, apiKey: '' })
      .get('/network')
      .catch(() => undefined)
    if (network?.status === 200 && network.body.registries) return url
  }
  return undefined
}

/** Facts of the network, and the chain as a stranger reads it. */
async function openLedger({ node, rpcUrl }: Stage, config: Config) {
  const facts = bodyOf(await node.get('/network'), 200)
  const url = rpcUrl ?? facts.rpcUrl ?? `http://127.0.0.1:${config.chainPort}`
  return { facts, rpcUrl: url, ledger: openLedgerOfStranger({ ...facts, rpcUrl: url }) }
}

let steps = 0
/** Does one step and prints what came of it, a line each. */
async function step<Result>(
  title: string,
  run: () => Promise<Result>,
  describe: (result: Result) => readonly string[],
): Promise<Result> {
  steps += 1
  const number = `${steps}.`.padEnd(4)
  try {
    const result = await run()
    say([`\n${number}${title}`, ...describe(result).map((line) => `    ${line}`)].join('\n'))
    return result
  } catch (error) {
    say(`\n${number}${title}\n    FAILED: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  }
}

async function tell(stage: Stage, config: Config): Promise<void> {
  const { facts, rpcUrl, ledger } = await openLedger(stage, config)
  await step(
    'The network: what a verifier needs',
    async () => facts,
    (network) => [
      `chain ${network.chainId} at ${rpcUrl}`,
      `DIDs ${network.registries.didRegistry}, status lists ${network.registries.statusListRegistry}`,
      `proof types ${network.proofTypes.join(', ')}`,
    ],
  )
  const deps = { node: stage.node, ledger }
  const terms = await prepare(deps)
  const { single, ofBatch } = await issue(deps, terms)
  await verify(deps, { single, ofBatch })
  await revoke(deps, single)
  await deliver(deps, ofBatch)
}

async function prepare(deps: { node: NodeClient; ledger: LedgerOfStranger }) {
  const { did: issuerDid } = await step(
    'An issuer: keys in the node, DID on the ledger',
    () => story.createIssuer(deps),
    ({ did, transactionHash, key }) => [
      did,
      `transaction ${transactionHash}`,
      `read back with the unmodified npm resolver: ${key}`,
    ],
  )
  const { schemaId } = await step(
    'A schema, on the ledger for ever',
    () => story.registerSchema(deps, issuerDid),
    ({ schemaId: id, digest, transactionHash }) => [id, `digest ${digest}`, `transaction ${transactionHash}`],
  )
  const holderDid = await step(
    'A holder',
    () => story.createHolder(deps),
    (did) => [did],
  )
  return { issuerDid, schemaId, holderDid }
}

type Terms = story.Terms & { holderDid: string }

async function issue(deps: story.StoryDeps, terms: Terms) {
  const { issued } = await step(
    'A credential',
    () => story.issueOne(deps, terms),
    ({ issued: { credentialId, entry }, transactionHash }) => [
      credentialId,
      `status index ${entry.index} in ${entry.statusListId}`,
      `registered in transaction ${transactionHash}`,
    ],
  )
  const { first } = await step(
    'A batch of 1,000',
    () => story.issueBatch(deps, terms),
    ({ issued: count, failed, seconds, transactionHash, gas }) => [
      `issued ${count}, failed ${failed}, in ${seconds.toFixed(2)} s (${Math.round(count / seconds)} a second)`,
      `one transaction ${transactionHash}`,
      `${gas} gas, ${(gas / count).toFixed(0)} for each credential`,
    ],
  )
  return { single: issued, ofBatch: first }
}

type Pair = Record<'single' | 'ofBatch', story.Issued>

async function verify(deps: story.StoryDeps, { single, ofBatch }: Pair): Promise<void> {
  await step(
    'Verification, against the ledger',
    () => story.verify(deps, single),
    ({ verified, verdicts }) => [`verified ${verified}: ${verdicts}`],
  )
  await step(
    'Verification of a copy with one claim changed',
    () => story.verifyTampered(deps, single),
    (reason) => [`verified false: ${reason}`],
  )
  await step(
    'Proof that one of the batch was registered, computed with viem alone',
    () => story.checkRegistration(deps, ofBatch),
    ({ leaf, root, steps: length, blockNumber }) => [
      `leaf ${leaf}, from the bytes of the credential`,
      `root ${root}, after ${length} hashes`,
      `the event in block ${blockNumber} has the same root`,
    ],
  )
}

async function revoke(deps: story.StoryDeps, issued: story.Issued): Promise<void> {
  await step(
    'Revocation',
    () => story.revoke(deps, issued),
    ({ transactionHash, again }) => [`transaction ${transactionHash}`, `a second time: ${again}`],
  )
  await step(
    'Verification again: revocation alone fails',
    () => story.verify(deps, issued, 'revocation'),
    ({ verified, verdicts, reason }) => [`verified ${verified}: ${verdicts}`, reason ?? ''],
  )
  await step(
    'Its status, straight from the chain',
    () => story.readStatus(deps, issued),
    ({ statusOf, bit, word, value }) => [
      `statusOf ${statusOf}; bit ${issued.entry.index & 255} of word ${word} is ${Number(bit)}`,
      `word ${word}: ${value}`,
    ],
  )
  await step(
    'The status list as a signed credential',
    () => story.readStatusList(deps, issued),
    ({ url, type, entries, ones }) => [url, `${type}: ${entries} entries, ${ones} revoked, proof pass`],
  )
}

async function deliver(deps: story.StoryDeps, issued: story.Issued): Promise<void> {
  await step(
    'An offer with a one-time token',
    () => story.offer(deps, issued),
    ({ expiresAt, second }) => [
      `collected once (it would have expired at ${expiresAt})`,
      `a second time: ${second}`,
    ],
  )
}

async function demo(): Promise<void> {
  const started = performance.now()
  const config = readConfig()
  const stage = await openStage(config)
  try {
    await tell(stage, config)
    say(`\nEvery step gave what it should (${((performance.now() - started) / 1000).toFixed(1)} s).`)
  } finally {
    await stage.close()
  }
}

demo().catch((error: Error) => {
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
})
