import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import { advance } from './advance.ts'
import { type Exchange, type ExchangeDeps, requireFormat, requireOpenConnection } from './exchange.ts'
import { expiryOf } from './exchange-limits.ts'
import { movedExchange } from './moved-exchange.ts'

interface Input {
  tenantId: string
  connectionId: string
  format: string
  /** What the format calls for. */
  details: JsonObject
  comment?: string
  expiresInSeconds?: number
}

/**
 * Proposes, as the holder, that the other side issue a credential.
 * @throws CONNECTION_NOT_FOUND, CONNECTION_STATE, EXCHANGE_FORMAT_UNSUPPORTED, EXCHANGE_LIMIT, MALFORMED_REQUEST
 */
export async function proposeCredential(deps: ExchangeDeps, input: Input): Promise<Exchange> {
  return movedExchange(deps, async (act) => {
    await requireOpenConnection(deps, input)
    const format = requireFormat(deps, input.format)
    const said = format.propose(input.details)
    const comment = input.comment === undefined ? {} : { comment: input.comment }
    return advance(deps, {
      exchange: {
        state: 'START',
        role: 'HOLDER',
        tenant_id: input.tenantId,
        connection_id: input.connectionId,
        thread_id: randomUUID(),
        format: format.name,
      },
      step: 'send-proposal',
      expiresAt: expiryOf(deps, input.expiresInSeconds),
      act,
      messages: { proposal: { ...said, ...comment } },
      tell: {
        kind: 'propose-credential',
        attachmentFormat: format.attachments['propose-credential'],
        ...{ ...said, ...comment },
      },
    })
  })
}
