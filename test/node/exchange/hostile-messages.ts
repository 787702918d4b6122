import { randomUUID } from 'node:crypto'
import {
  invitationSchema,
  makeConnectionMessage,
  makeInvitation,
  parseConnectionMessage,
} from '../../../node/exchange/connections/connection-message.ts'
import { parseDetails } from '../../../node/exchange/formats/parse-details.ts'
import { isExchangeMessage, makeMessage, parseMessage } from '../../../node/exchange/message.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createToken } from '../../../node/secret-token.ts'
import { readsOrRefuses } from '../../hostile-values.ts'

const attachmentFormat = 'anoncreds/credential-offer@v1.0'
const whole = {
  ...{
    threadId: randomUUID(),
    comment: 'your degree',
    expiresAt: '2040-01-01T00:00:00Z',
    problem: 'refused',
  },
  ...{ attachmentFormat, content: { a: [1] }, preview: [{ name: 'city', value: 'Ulm' }] },
}
const exchangeKinds = [
  ...(['propose-credential', 'offer-credential', 'request-credential', 'issue-credential'] as const),
  ...(['ack', 'problem-report'] as const),
]
const connectionKinds = ['request', 'response', 'ack', 'problem-report'] as const
const endpoint = 'http://127.0.0.1:9/api/v1/connections/x/messages'
const token = createToken('')

describe('messages that others send', () => {
  it('of an exchange are read or refused, whatever they are', () => {
    const good = exchangeKinds.map((kind) => makeMessage({ ...whole, kind }).json)
    const codes = ['MALFORMED_REQUEST', 'MESSAGE_REFUSED', 'EXCHANGE_FORMAT_UNSUPPORTED'] as const
    readsOrRefuses((message) => parseMessage(message, (format) => format === attachmentFormat), {
      ...{ good, codes },
    })
  })

  it('are told from those of a connection, whatever they are', () => {
    const good = [makeMessage({ ...whole, kind: 'ack' }).json, { '@type': '' }]
    // whoever asks has an object
    const told = (message: JsonObject | null) => isExchangeMessage(Object(message))
    readsOrRefuses(told, { good, codes: [] })
  })

  it('of a connection are read or refused, whatever they are', () => {
    const good = connectionKinds.map(
      (kind) => makeConnectionMessage({ kind, endpoint, token, label: 'b' }).json,
    )
    readsOrRefuses(parseConnectionMessage, { good, codes: ['MESSAGE_REFUSED'] })
  })

  it('invitations are read or refused, whatever they are', () => {
    const expiresAt = '2040-01-01T00:00:00Z'
    const good = [makeInvitation({ '@id': randomUUID(), label: 'a', endpoint, token, expiresAt })]
    readsOrRefuses((value) => parseDetails(invitationSchema, value), { good })
  })
})
