import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'

/** Not Aries RFC 0160, whose sides exchange DID documents: here each gives the other an inbox and a token for it. */
const family = 'urn:cartulary:connections/1.0/'

const token = z.string().regex(/^[A-Za-z0-9_-]{43,128}$/, 'must be a token')
/** Whether it is spoken to is for the transport to say. */
const endpoint = z.string().regex(/^[\x21-\x7e]{1,2048}$/, 'must be an address')
const label = z.string().min(1).max(256)

/** What one node hands to another, by whatever way, to be connected. */
export const invitationSchema = z
  .strictObject({
    '@type': z.literal(`${family}invitation`),
    '@id': z.string().min(1).max(256),
    label: label.optional(),
    endpoint: endpoint.describe('Inbox of the node that invites.'),
    token: token.describe('Works once.'),
    expiresAt: z.iso.datetime({ offset: true }),
  })
  .meta({ id: 'Invitation' })

export type Invitation = z.output<typeof invitationSchema>

const id = z.string().regex(/^[\x21-\x7e]{1,256}$/)
const common = { '@id': id }

const messageSchema = z.discriminatedUnion('@type', [
  z.looseObject({
    '@type': z.literal(`${family}request`),
    ...{ ...common, endpoint, token, label: label.optional() },
  }),
  z.looseObject({ '@type': z.literal(`${family}response`), ...common, token }),
  z.looseObject({ '@type': z.literal(`${family}ack`), ...common }),
  z.looseObject({ '@type': z.literal(`${family}problem-report`), ...common }),
])

export type ConnectionMessage = z.output<typeof messageSchema>

/** Which of them a message is. */
export const kindOf = (message: ConnectionMessage) =>
  message['@type'].slice(family.length) as 'request' | 'response' | 'ack' | 'problem-report'

interface Outgoing {
  kind: 'request' | 'response' | 'ack' | 'problem-report'
  endpoint?: string
  token?: string
  label?: string
  problem?: string
}

export function makeInvitation(invitation: Omit<Invitation, '@type'>): Invitation {
  return { '@type': `${family}invitation`, ...invitation }
}

/** A new message; its id stays the same however often it is sent. */
export function makeConnectionMessage({ kind, problem, ...rest }: Outgoing): {
  id: string
  json: JsonObject
} {
  const messageId = randomUUID()
  const description = problem === undefined ? {} : { description: { code: problem } }
  return {
    id: messageId,
    json: {
      '@type': family + kind,
      '@id': messageId,
      ...rest,
      ...description,
    },
  }
}

/** @throws MESSAGE_REFUSED for what is no message of a connection */
export function parseConnectionMessage(json: JsonObject): ConnectionMessage {
  const parsed = messageSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new IssuerError('MESSAGE_REFUSED', { detail: 'Messages of this form are not taken.' })
}
