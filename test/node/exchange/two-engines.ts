import { randomBytes } from 'node:crypto'
import { parseConfig } from '../../../node/config.ts'
import { IssuerError } from '../../../node/errors.ts'
import { WORK_JOB } from '../../../node/exchange/advance.ts'
import { acceptInvitation } from '../../../node/exchange/connections/accept-invitation.ts'
import type { ConnectionDeps } from '../../../node/exchange/connections/connection.ts'
import { invite } from '../../../node/exchange/connections/invite.ts'
import { takeMessage } from '../../../node/exchange/connections/take-message.ts'
import { deliverMessage } from '../../../node/exchange/deliver-message.ts'
import { doWork } from '../../../node/exchange/do-work.ts'
import type { ExchangeDeps } from '../../../node/exchange/exchange.ts'
import type { ExchangeFormat } from '../../../node/exchange/formats/exchange-format.ts'
import { MESSAGES_JOB } from '../../../node/exchange/outgoing.ts'
import type { Transport } from '../../../node/exchange/transport.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { createConnectionStore } from '../../../node/stores/connections.ts'
import { type Database, type DatabaseLocation, openDatabase } from '../../../node/stores/database.ts'
import { createExchangeStore } from '../../../node/stores/exchanges.ts'
import { createReceivedCredentialStore } from '../../../node/stores/received-credentials.ts'
import { createRoomCheck } from '../../../node/stores/room.ts'

export const tenantId = 'default'
export const issuerDid = 'did:example:issuer'

/** A credential that is nothing but a word: issuing and storing it are rows of the database, as of every other. */
export function wordFormat(database: Database): ExchangeFormat {
  const received = createReceivedCredentialStore(database)
  return {
    name: 'word',
    attachments: {
      'propose-credential': 'word/proposal',
      'offer-credential': 'word/offer',
      'request-credential': 'word/request',
      'issue-credential': 'word/credential',
    },
    propose: (details) => ({ content: details }),
    offer: async (_context, details) => ({ content: details, issuerDid }),
    request: async () => ({ content: {}, kept: { kept: 'by the holder' } }),
    issue: async ({ said }, settle) => {
      if (said.offer?.content.refused) throw new IssuerError('ISSUER_DEACTIVATED')
      await settle({ content: { word: 'issued' }, credentialId: null })
    },
    store: async ({ threadId, connectionId, kept, said }) => {
      if (!kept || said.issued?.content.word !== 'issued') throw new IssuerError('CREDENTIAL_NOT_AS_OFFERED')
      const row = {
        ...{ credential_id: threadId, tenant_id: tenantId, connection_id: connectionId },
        ...{ holder_did: '', issuer_did: issuerDid, secured: 'word', received_at: '' },
      }
      return { credentialId: threadId, insert: (trx) => received.insert(trx, row) }
    },
    read: { proposal: () => {}, offer: () => ({ issuerDid }), request: () => {}, issued: () => {} },
  }
}

export type Engine = ExchangeDeps & ConnectionDeps & { transport: Transport; database: Database; url: string }

/** How a message fares: taken once, or twice at the same time, or taken without the sender hearing of it, or lost. */
export type Fate = 'taken' | 'twice' | 'unheard' | 'lost'

/** Two engines, each with a database, which reach each other by function calls alone. */
export async function openEngines(locations: readonly [DatabaseLocation, DatabaseLocation]) {
  const engines = new Map<string, Engine>()
  const fate = { next: 'taken' as Fate }
  const take = async (endpoint: string, token: string, json: JsonObject) => {
    const [url, connectionId] = endpoint.split('#') as [string, string]
    // as over a wire: what arrives is a copy
    const copy = structuredClone(json)
    await takeMessage(engines.get(url) as Engine, { connectionId, token, json: copy })
  }
  const transport: Transport = {
    checkEndpoint: () => {},
    async send({ endpoint, token }, json) {
      const how = fate.next
      if (how === 'lost') throw new IssuerError('PEER_UNREACHABLE')
      try {
        const times = how === 'twice' ? 2 : 1
        await Promise.all(Array.from({ length: times }, () => take(endpoint, token, json)))
      } catch (error) {
        if (!(error instanceof IssuerError) || error.status >= 500) throw error
        if (error.retryable) throw new IssuerError('PEER_UNREACHABLE', { cause: error })
        return error.code
      }
      if (how === 'unheard') throw new IssuerError('PEER_UNREACHABLE')
      return undefined
    },
  }
  for (const [index, location] of locations.entries()) {
    const url = `engine${index}`
    engines.set(url, await openEngine(location, url, transport))
  }
  const [one, two] = [...engines.values()] as [Engine, Engine]
  return {
    ...{ one, two, fate, take },
    close: async () => {
      for (const { database } of engines.values()) await database.destroy()
    },
  }
}

async function openEngine(location: DatabaseLocation, url: string, transport: Transport): Promise<Engine> {
  const database = await openDatabase(location)
  return {
    ...{ database, url, transport },
    exchanges: createExchangeStore(database, createRoomCheck(parseConfig({}).quotas)),
    connections: createConnectionStore(database),
    formats: [wordFormat(database)],
    secrets: createSecretBox(randomBytes(32)),
    queue: { notify: () => {} },
    inboxOf: (id) => `${url}#${id}`,
    now: () => new Date(),
  }
}

/** What waits in the outbox of an engine. */
export const waiting = ({ database }: Engine) =>
  database
    .selectFrom('outbox')
    .selectAll()
    .where('job', 'in', [MESSAGES_JOB, WORK_JOB])
    .orderBy('id')
    .execute()

/** Does one row as the job of the node does; false when it has to be tried again. */
export async function attempt(
  engine: Engine,
  row: Awaited<ReturnType<typeof waiting>>[number],
): Promise<boolean> {
  try {
    if (row.job === WORK_JOB) await doWork(engine, row)
    else await deliverMessage(engine, row)
  } catch (error) {
    if (!(error instanceof IssuerError && error.retryable)) throw error
    return false
  }
  await engine.database.deleteFrom('outbox').where('id', '=', row.id).execute()
  return true
}

/** Does everything that waits on both sides, until nothing does. */
export async function settle(engines: readonly Engine[]): Promise<void> {
  for (let rounds = 0; rounds < 100; rounds++) {
    const rows = await Promise.all(engines.map(async (engine) => ({ engine, rows: await waiting(engine) })))
    if (rows.every((side) => side.rows.length === 0)) return
    for (const side of rows) for (const row of side.rows) await attempt(side.engine, row)
  }
  throw new Error('the two sides do not come to an end')
}

/** A connection between two engines, by its id on each side. */
export async function connectEngines(one: Engine, two: Engine): Promise<{ one: string; two: string }> {
  const { connection, invitation } = await invite(one, { tenantId, expiresInSeconds: 600 })
  const accepted = await acceptInvitation(two, { tenantId, invitation })
  await settle([one, two])
  return { one: connection.id, two: accepted.id }
}
