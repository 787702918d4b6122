import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { startChain, type TestChain } from '../../../chain.ts'
import { type Answer, startNode, type TestNode } from '../../../node.ts'
import { expect } from './scenario.ts'

// The second account of every Hardhat chain: each node needs one of its own.
const secondPrivateKey = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'

/** An issuer's node and a holder's node on one chain, which may speak to each other. */
export interface TwoNodes {
  chain: TestChain
  issuer: TestNode
  holder: TestNode
  close(): Promise<void>
}

export async function startTwoNodes(environment: Record<string, string> = {}): Promise<TwoNodes> {
  const chain = await startChain()
  const peers = { CONNECTION_PEERS: 'loopback', ...environment }
  const issuer = await startNode({ chain, environment: peers })
  const holder = await startNode({
    chain,
    environment: { ...peers, RELAYER_PRIVATE_KEY: secondPrivateKey },
  })
  return {
    ...{ chain, issuer, holder },
    close: async () => {
      await issuer.close()
      await holder.close()
      await chain.close()
    },
  }
}

/** Asks until the answer is as it should be; what happens in between is the nodes' own work. */
export async function eventually(
  ask: () => Promise<Answer>,
  isReached: (body: Answer['body']) => boolean,
): Promise<Answer['body']> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const { body } = await ask()
    if (isReached(body)) return body
    assert.ok(performance.now() < deadline, `not reached: ${JSON.stringify(body).slice(0, 2_000)}`)
    await delay(20)
  }
}

export const v1 = (node: TestNode, method: string, path: string, body?: unknown) =>
  node.call(method, `/api/v1${path}`, body === undefined ? {} : { body })

/** Connects two nodes and gives the id of the connection on each side. */
export async function connect(inviter: TestNode, invitee: TestNode) {
  const invited = expect(201, await v1(inviter, 'POST', '/connections/invitations', { label: 'issuer' })).body
  const { invitation } = invited
  const accepted = expect(
    202,
    await v1(invitee, 'POST', '/connections/accept', { invitation, label: 'holder' }),
  )
  const ids = { ofInviter: invited.connection.id as string, ofInvitee: accepted.body.id as string }
  const isDone = (body: Answer['body']) => body.state === 'DONE'
  await eventually(() => v1(inviter, 'GET', `/connections/${ids.ofInviter}`), isDone)
  await eventually(() => v1(invitee, 'GET', `/connections/${ids.ofInvitee}`), isDone)
  return { ...ids, invitation }
}

/** Waits for an exchange of a thread in a state, and gives it. */
export async function exchangeOn(node: TestNode, threadId: string, state: string): Promise<Answer['body']> {
  const find = (body: Answer['body']) =>
    body.items?.find(
      (item: { threadId: string; state: string }) => item.threadId === threadId && item.state === state,
    )
  return find(
    await eventually(
      () => v1(node, 'GET', '/exchanges?limit=200'),
      (body) => find(body) !== undefined,
    ),
  )
}
