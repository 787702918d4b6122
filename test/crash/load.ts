import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { keyMultibase } from '../../node/did/multikey.ts'
import type { KillableNode } from './killable-node.ts'
import type { PlainAnswer } from './unpooled-call.ts'

/** What clients were told; a holder stands for one request, or for one row of it. */
export interface Acknowledged {
  credentialId: string
  holderDid: string
}

/** Clients that issue and revoke for as long as they are let. */
export interface Load {
  acknowledged: Acknowledged[]
  revoked: string[]
  /** Requests with an Idempotency-Key that were cut off at least once and answered in the end. */
  repeated: number
  /** Requests that were cut off, and never repeated. */
  lost: number
  /** Lets every client end the request it is at; requests with a key are repeated until they are answered. */
  stop(): Promise<void>
}

interface Terms {
  issuerDid: string
  schemaId: string
  proofType: string
}

const claims = { degree: { name: 'Bachelor of Science' } }

/** A holder that nobody else has. */
function newHolder(): string {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  return `did:key:${keyMultibase('Ed25519', Buffer.from(x as string, 'base64url'))}`
}

/** Starts clients: of their requests two thirds have an Idempotency-Key, and some issue several or revoke. */
export function startLoad(node: Pick<KillableNode, 'call'>, terms: Terms, clients: number): Load {
  let stopping = false
  const load: Load = { acknowledged: [], revoked: [], repeated: 0, lost: 0, stop: async () => {} }

  /** Sends until it is answered; without a key once. */
  async function send(
    path: string,
    body: unknown,
    key: string | undefined,
  ): Promise<PlainAnswer | undefined> {
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    for (let cutOff = false; ; ) {
      const answer = await node.call('POST', path, { body, headers }).catch(() => undefined)
      if (answer && answer.status < 300) {
        if (cutOff) load.repeated++
        return answer
      }
      if (answer && answer.body?.retryable !== true)
        throw new Error(`${path}: ${answer.status} ${answer.text}`)
      if (!answer) cutOff = true
      if (key === undefined) {
        if (!answer) load.lost++
        return undefined
      }
      await delay(50)
    }
  }

  async function client(number: number): Promise<void> {
    for (let round = number; !stopping; round++) {
      const key = round % 3 === 0 ? undefined : `"${randomUUID()}"`
      if (round % 5 === 4) {
        const rows = Array.from({ length: 5 }, () => ({ holderDid: newHolder(), claims }))
        const answer = await send('/api/v1/credentials/issue/batch', { ...terms, credentials: rows }, key)
        if (answer) load.acknowledged.push(...answer.body.results)
        continue
      }
      const holderDid = newHolder()
      const answer = await send('/api/v1/credentials/issue', { ...terms, holderDid, claims }, key)
      if (!answer) continue
      const { credentialId } = answer.body
      load.acknowledged.push({ credentialId, holderDid })
      if (round % 7 !== 0 || key === undefined) continue
      await send('/api/v1/credentials/revoke', { credentialId }, `"${randomUUID()}"`)
      load.revoked.push(credentialId)
    }
  }

  const working = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  working.catch(() => {})
  load.stop = async () => {
    stopping = true
    await working
  }
  return load
}
