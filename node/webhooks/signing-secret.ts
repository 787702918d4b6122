import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { SecretBox } from '../keys/secret-box.ts'
import type { WebhookRow } from '../stores/webhooks.ts'

const prefix = 'whsec_'
const context = (webhookId: string) => `webhook ${webhookId}`

/** A new secret: 32 random bytes, as Standard Webhooks writes them. */
export const createSigningSecret = (): string => prefix + randomBytes(32).toString('base64')

export const sealSecret = (box: SecretBox, webhookId: string, secret: string): string =>
  box.seal(Buffer.from(secret), context(webhookId))

/** Headers of one attempt (Standard Webhooks, Headers); while a secret is being replaced, signatures of both. */
export function signedHeaders(
  box: SecretBox,
  webhook: WebhookRow,
  { id, at, body }: { id: string; at: Date; body: string },
): Record<string, string> {
  const { secret, previous_secret: previous, previous_until: until } = webhook
  const sealed =
    previous !== null && until !== null && until > at.toISOString() ? [secret, previous] : [secret]
  const secrets = sealed.map((each) => Buffer.from(box.open(each, context(webhook.id))).toString())
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((each) => new Webhook(each).sign(id, at, body)).join(' '),
  }
}
