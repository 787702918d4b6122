import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'

/** Messages are those of Aries RFC 0453 (Issue Credential 2.0), whose threads are of RFC 0008. */
const family = 'https://didcomm.org/issue-credential/2.0/'

/** Where each kind of message has its attachments; none for those that carry nothing. */
const attachmentsOf = {
  'propose-credential': 'filters~attach',
  'offer-credential': 'offers~attach',
  'request-credential': 'requests~attach',
  'issue-credential': 'credentials~attach',
  ack: undefined,
  'problem-report': undefined,
} as const

export type MessageKind = keyof typeof attachmentsOf
const kinds = Object.keys(attachmentsOf) as MessageKind[]

export interface Attribute {
  name: string
  value: string
}

/** What one side tells the other, taken apart. */
export interface ExchangeMessage {
  id: string
  kind: MessageKind
  threadId: string
  comment?: string
  /** Says what `content` is: `anoncreds/credential-offer@v1.0`. */
  attachmentFormat?: string
  content?: JsonObject
  /** Values of attributes, for people and for formats whose offers name none. */
  preview?: readonly Attribute[]
  /** When the sender abandons the exchange; ISO 8601. */
  expiresAt?: string
  /** Why a problem report was sent. */
  problem?: string
}

const text = (most: number) => z.string().min(1).max(most)
const id = text(256).regex(/^[\x21-\x7e]+$/)

const attribute = z
  .looseObject({ name: text(256), value: z.string().max(65_536) })
  .transform(({ name, value }) => ({ name, value }))

const envelope = z.looseObject({
  '@type': text(256),
  '@id': id,
  '~thread': z.looseObject({ thid: id }).optional(),
  '~timing': z.looseObject({ expires_time: z.iso.datetime({ offset: true }).optional() }).optional(),
  comment: z.string().max(2_000).nullish(),
  credential_preview: z.looseObject({ attributes: z.array(attribute).max(512) }).optional(),
  description: z.looseObject({ code: text(128) }).optional(),
  formats: z
    .array(z.looseObject({ attach_id: id, format: text(128) }))
    .max(8)
    .optional(),
})

const attachments = z
  .array(
    z.looseObject({
      '@id': id,
      data: z.looseObject({ json: z.record(z.string(), z.unknown()).optional() }),
    }),
  )
  .min(1)
  .max(8)

/** A new message; its id stays the same however often it is sent. */
export function makeMessage(message: Omit<ExchangeMessage, 'id'>): { id: string; json: JsonObject } {
  const messageId = randomUUID()
  const { kind, comment, expiresAt, problem, content, attachmentFormat, preview } = message
  const place = attachmentsOf[kind]
  const json: JsonObject = {
    '@type': family + kind,
    '@id': messageId,
    '~thread': { thid: message.threadId },
    ...(expiresAt !== undefined && { '~timing': { expires_time: expiresAt } }),
    ...(comment !== undefined && { comment }),
    ...(preview && { credential_preview: previewOf(preview) }),
    ...(kind === 'issue-credential' && { '~please_ack': { on: ['OUTCOME'] } }),
    ...(kind === 'ack' && { status: 'OK' }),
    ...(problem !== undefined && { description: { code: problem, en: comment ?? problem } }),
    ...(place !== undefined && {
      formats: [{ attach_id: '0', format: attachmentFormat ?? '' }],
      [place]: [{ '@id': '0', 'mime-type': 'application/json', data: { json: content } }],
    }),
  }
  return { id: messageId, json }
}

function previewOf(preview: readonly Attribute[]): JsonObject {
  const attributes = preview.map(({ name, value }) => ({ name, value }))
  return { '@type': `${family}credential-preview`, attributes }
}

/** Whether a message is one of an exchange, whatever is wrong with it. */
export function isExchangeMessage({ '@type': type }: JsonObject): boolean {
  return typeof type === 'string' && type.startsWith(family)
}

/**
 * Takes a received message apart. Of several attachments the first is taken whose format is one of `known`.
 * @throws MALFORMED_REQUEST, MESSAGE_REFUSED for a kind that nobody knows, EXCHANGE_FORMAT_UNSUPPORTED
 */
export function parseMessage(received: JsonObject, known: (format: string) => boolean): ExchangeMessage {
  const parsed = envelope.safeParse(received)
  if (!parsed.success) throw malformed(parsed.error)
  const message = parsed.data
  const kind = kinds.find((name) => message['@type'] === family + name)
  if (!kind) throw new IssuerError('MESSAGE_REFUSED', { detail: 'Messages of this type are not taken.' })
  return {
    id: message['@id'],
    kind,
    threadId: message['~thread']?.thid ?? message['@id'],
    ...(message.comment && { comment: message.comment }),
    ...(message['~timing']?.expires_time && { expiresAt: message['~timing'].expires_time }),
    ...(message.credential_preview && { preview: message.credential_preview.attributes }),
    ...(message.description && { problem: message.description.code }),
    ...attachmentOf(message, kind, known),
  }
}

function attachmentOf(
  message: z.output<typeof envelope>,
  kind: MessageKind,
  known: (format: string) => boolean,
): Pick<ExchangeMessage, 'attachmentFormat' | 'content'> {
  const place = attachmentsOf[kind]
  if (place === undefined) return {}
  const parsed = attachments.safeParse(message[place])
  if (!parsed.success) throw malformed(parsed.error)
  const entry = message.formats?.find(({ format }) => known(format))
  const attachment = parsed.data.find((each) => each['@id'] === entry?.attach_id)
  if (!entry || !attachment?.data.json) throw new IssuerError('EXCHANGE_FORMAT_UNSUPPORTED')
  return { attachmentFormat: entry.format, content: attachment.data.json as JsonObject }
}

function malformed({ issues }: z.ZodError): IssuerError {
  return new IssuerError('MALFORMED_REQUEST', {
    detail: 'The message is not well formed.',
    violations: issues
      .slice(0, 100)
      .map(({ path, message }) => ({ pointer: path.map((part) => `/${String(part)}`).join(''), message })),
  })
}
