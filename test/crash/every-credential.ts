import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { createPublicClient, http } from 'viem'
import { statusListRegistryAbi as abi } from '../../node/ledger/abi.ts'
import { registrationRoot } from '../../node/ledger/registration-root.ts'
import type { TestChain } from '../chain.ts'
import type { KillableNode } from './killable-node.ts'
import type { Load } from './load.ts'

/** Requests that are under way at a time. */
const abreast = 8

/**
 * Asserts that each acknowledged credential can be fetched and verifies, unless it is revoked, that its status entry is
 * nobody else's, and that the Merkle proof of its registration leads from its bytes to a root that one event on the
 * ledger has; gives how many they are.
 */
export async function verifyEvery(
  node: Pick<KillableNode, 'call'>,
  chain: TestChain,
  { acknowledged, revoked }: Pick<Load, 'acknowledged' | 'revoked'>,
): Promise<number> {
  const registered = await registeredRoots(chain)
  const gone = new Set(revoked)
  const entries = new Set<string>()
  async function verify(credentialId: string): Promise<void> {
    const path = `/api/v1/credentials/${encodeURIComponent(credentialId)}`
    const [{ body: record }, { body: proof }] = [
      await node.call('GET', path),
      await node.call('GET', `${path}/registration`),
    ]
    const { credential } = record
    const { text, body } = await node.call('POST', '/api/v1/credentials/verify', { body: { credential } })
    assert.equal(body.verified, !gone.has(credentialId), text)
    entries.add(`${proof.statusListKey} ${proof.statusListIndex}`)
    const bytes = canonicalize(credential) as string
    const root = registrationRoot({
      key: proof.statusListKey,
      index: proof.statusListIndex,
      digest: `0x${createHash('sha256').update(bytes).digest('hex')}`,
      proof: proof.proof,
    })
    assert.deepEqual(registered.get(`${proof.statusListKey} ${root}`), [proof.transactionHash], credentialId)
  }
  const waiting = acknowledged.values()
  const client = async () => {
    for (const { credentialId } of waiting) await verify(credentialId)
  }
  await Promise.all(Array.from({ length: abreast }, client))
  assert.equal(entries.size, acknowledged.length)
  return entries.size
}

/** The transactions that put each root on the ledger, by the key of its list and itself. */
async function registeredRoots({ rpcUrl, registries }: TestChain): Promise<Map<string, string[]>> {
  const events = await createPublicClient({ transport: http(rpcUrl) }).getContractEvents({
    abi,
    address: registries.statusListRegistry,
    eventName: 'EntriesRegistered',
    fromBlock: 0n,
    strict: true,
  })
  const roots = new Map<string, string[]>()
  for (const { args, transactionHash } of events) {
    const name = `${args.listId} ${args.root}`
    roots.set(name, [...(roots.get(name) ?? []), transactionHash])
  }
  return roots
}
