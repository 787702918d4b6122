import { randomUUID } from 'node:crypto'
import type { AnonCredsParties } from '../anoncreds.ts'
import type { TestChain } from '../chain.ts'
import type { KillableNode } from './killable-node.ts'
import type { PlainAnswer } from './unpooled-call.ts'

/** What a POST makes: how many of it there are is counted before and after. */
export interface Post {
  name: string
  /** Its address as the OpenAPI description has it. */
  path: string
  /** Address and body; what it needs is made first. */
  prepare(world: World): Promise<{
    path: string
    body: unknown
    headers?: Record<string, string>
    /** A body with which the same key is refused, whatever died: of one that is a stream the node has to keep a digest. */
    another?: string
    /** What happens while no process runs. */
    whileGone?(): Promise<unknown>
    /** What happens before the request is repeated. */
    meanwhile?(): Promise<unknown>
  }>
  /** Whether it writes to database and ledger in turns, so that more can go wrong between. */
  severalActs?: true
  /** Whether it is tried on a database server, too, for many others. */
  onServer?: true
  /** Each question gives a number, which the request raises by so much. */
  counts: readonly { sql: string; by: number }[]
  /** What the repeated request is answered that was done before the process died. */
  answered?(body: PlainAnswer['body']): void
}

/** What the requests are sent to. */
export interface World {
  node: KillableNode
  chain: TestChain
  issuerDid: string
  schemaId: string
  parties: AnonCredsParties
  /** Takes in webhooks. */
  receiverUrl: string
  /** A call that succeeds; its body. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<PlainAnswer['body']>
  /** Asks until the answer is so. */
  until(path: string, isSo: (body: PlainAnswer['body']) => boolean): Promise<PlainAnswer['body']>
  /** The number that a question to the database gives. */
  count(sql: string): Promise<number>
}

export const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
export const degree = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
}
export const claims = { degree: { name: 'Bachelor of Science' } }
export const rows = (table: string, where = '1 = 1') => `select count(*) as n from ${table} where ${where}`
export const terms = ({ issuerDid, schemaId }: Pick<World, 'issuerDid' | 'schemaId'>) => ({
  ...{ issuerDid, schemaId, proofType: 'eddsa-jcs-2022' },
})

/** A schema that is not registered yet. */
export const newSchema = ({ issuerDid }: Pick<World, 'issuerDid'>) => ({
  ...{ issuerDid, name: `s${randomUUID().slice(0, 8)}`, version: '1', jsonSchema: degree },
})

/** Issues a credential; its id. */
export const newCredential = async (world: World, further: object = {}): Promise<string> =>
  (await world.post('/api/v1/credentials/issue', { ...terms(world), holderDid, claims, ...further }))
    .credentialId
