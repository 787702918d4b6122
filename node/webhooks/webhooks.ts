import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import { IssuerError } from '../errors.ts'
import { type EventType, eventRow } from '../events/event.ts'
import type { Queue } from '../jobs/queue.ts'
import type { JsonObject } from '../json.ts'
import type { SecretBox } from '../keys/secret-box.ts'
import { presentAct } from '../request-context.ts'
import type { DeliveryRow, WebhookDeliveryStore } from '../stores/webhook-deliveries.ts'
import type { WebhookRow, WebhookStore } from '../stores/webhooks.ts'
import { DELIVERY_JOB } from './deliver.ts'
import { createSigningSecret, sealSecret } from './signing-secret.ts'

/** Most addresses of one tenant. */
const quota = 20
/** How long a replaced secret still signs. */
const overlapMs = 86_400_000

/** An address that is told of events. Times: ISO 8601, UTC. */
export interface Webhook {
  id: string
  url: string
  description: string | null
  types: string[]
  state: 'enabled' | 'disabled'
  /** `gone`, `failing` or `by request`. */
  disabledReason: string | null
  failingSince: string | null
  createdAt: string
}

/** Something that an address was told, or is to be told. */
export interface Delivery {
  id: string
  type: string
  state: DeliveryRow['state']
  attempts: number
  status: number | null
  error: string | null
  payload: JsonObject
  createdAt: string
  updatedAt: string
}

interface Which {
  tenantId: string
  id: string
}

/** Manages the addresses of tenants, each its own. @throws WEBHOOK_NOT_FOUND where one is named that is none */
export interface Webhooks {
  /** The secret is given this once. @throws MALFORMED_REQUEST, QUOTA_EXCEEDED */
  create(input: {
    tenantId: string
    url: string
    types: readonly string[]
    description?: string | undefined
  }): Promise<{ webhook: Webhook; secret: string }>
  list(tenantId: string): Promise<Webhook[]>
  get(which: Which): Promise<Webhook>
  /** @throws MALFORMED_REQUEST */
  update(
    which: Which,
    change: {
      url?: string | undefined
      types?: readonly string[] | undefined
      description?: string | null | undefined
      enabled?: boolean | undefined
    },
  ): Promise<Webhook>
  remove(which: Which): Promise<void>
  /** A new secret; the one before signs, too, for a day. */
  rotateSecret(which: Which): Promise<{ secret: string; previousUntil: string }>
  /** Tells it something that means nothing. */
  test(which: Which): Promise<Delivery>
  deliveries(
    which: Which,
    question: { limit: number; cursor?: string | undefined; state?: DeliveryRow['state'] | undefined },
  ): Promise<{ items: Delivery[]; nextCursor: string | null }>
  /** Tells it again, under the same id. @throws DELIVERY_NOT_FOUND */
  replay(which: Which, deliveryId: string): Promise<Delivery>
}

interface Deps {
  webhooks: WebhookStore
  deliveries: WebhookDeliveryStore
  secrets: SecretBox
  queue: Pick<Queue, 'notify'>
  allowLoopback: boolean
  isPublicAddress(address: string): boolean
  now(): Date
}

export function createWebhooks(deps: Deps): Webhooks {
  return { ...writes(deps), ...reads(deps), ...deliveries(deps) }
}

function reads({ webhooks }: Deps): Pick<Webhooks, 'list' | 'get'> {
  return {
    list: async (tenantId) => (await webhooks.list(tenantId)).map(describe),
    get: async (which) => describe(await requireOwn(webhooks, which)),
  }
}

function writes(deps: Deps): Pick<Webhooks, 'create' | 'update' | 'remove' | 'rotateSecret'> {
  const { webhooks, secrets, now } = deps
  const eventOf = ({ tenantId, id }: Which, type: EventType, data: JsonObject) =>
    eventRow({ type, subject: id, data, at: now(), tenantId })
  return {
    async create({ tenantId, url, types, description = null }) {
      checkUrl(deps, url)
      const act = presentAct<{ webhook: Webhook; secret: string }>('make a webhook')
      if (act?.outcome) return act.outcome
      const id = randomUUID()
      const secret = createSigningSecret()
      const made = {
        ...{ id, tenant_id: tenantId, url, description, types: JSON.stringify([...new Set(types)]) },
        ...{ state: 'enabled' as const, disabled_reason: null, failing_since: null },
        ...{ secret: sealSecret(secrets, id, secret), previous_secret: null, previous_until: null },
        created_at: now().toISOString(),
      }
      const outcome = { webhook: describe(made), secret }
      const inserted = await webhooks.insert(made, {
        limit: quota,
        event: eventOf({ tenantId, id }, 'webhook.created', { types: [...types] }),
        ...(act && { also: (trx) => act.note(outcome, trx) }),
      })
      const detail = `A tenant has at most ${quota} webhooks.`
      if (!inserted) throw new IssuerError('QUOTA_EXCEEDED', { detail, facts: { quota } })
      return outcome
    },

    async update(which, { url, types, description, enabled }) {
      await requireOwn(webhooks, which)
      if (url !== undefined) checkUrl(deps, url)
      const change = {
        ...(url !== undefined && { url }),
        ...(types && { types: JSON.stringify([...new Set(types)]) }),
        ...(description !== undefined && { description }),
        ...(enabled === true && { state: 'enabled' as const, disabled_reason: null, failing_since: null }),
        ...(enabled === false && { state: 'disabled' as const, disabled_reason: 'by request' }),
      }
      if (Object.keys(change).length > 0) {
        const members = Object.keys(change).sort()
        await webhooks.update(which.id, change, eventOf(which, 'webhook.updated', { members }))
      }
      return describe(await requireOwn(webhooks, which))
    },

    async remove(which) {
      await requireOwn(webhooks, which)
      await webhooks.remove(which.id, eventOf(which, 'webhook.deleted', {}))
    },

    async rotateSecret(which) {
      const { secret: sealed } = await requireOwn(webhooks, which)
      const act = presentAct<{ secret: string; previousUntil: string }>('replace a secret')
      if (act?.outcome) return act.outcome
      const secret = createSigningSecret()
      const until = new Date(now().getTime() + overlapMs).toISOString()
      const change = {
        secret: sealSecret(secrets, which.id, secret),
        ...{ previous_secret: sealed, previous_until: until },
      }
      const outcome = { secret, previousUntil: until }
      const event = eventOf(which, 'webhook.updated', { members: ['secret'] })
      await webhooks.update(which.id, change, event, act && ((trx) => act.note(outcome, trx)))
      return outcome
    },
  }
}

function deliveries({
  webhooks,
  deliveries: store,
  queue,
  now,
}: Deps): Pick<Webhooks, 'test' | 'deliveries' | 'replay'> {
  const requireDelivery = async ({ id }: Which, deliveryId: string) => {
    const row = await store.get(deliveryId)
    if (row?.webhook_id !== id) throw new IssuerError('DELIVERY_NOT_FOUND')
    return row
  }
  return {
    async test(which) {
      await requireOwn(webhooks, which)
      const act = presentAct<{ id: string }>('send a test')
      if (act?.outcome) return describeDelivery(await requireDelivery(which, act.outcome.id))
      const at = now().toISOString()
      const id = `msg_${randomUUID().replaceAll('-', '')}`
      const payload = JSON.stringify({ type: 'webhook.test', timestamp: at, data: { webhookId: which.id } })
      const message = { id, webhook_id: which.id, type: 'webhook.test', payload }
      await store.insert(message, at, act && ((trx) => act.note({ id }, trx)))
      queue.notify(DELIVERY_JOB)
      return describeDelivery(await requireDelivery(which, id))
    },

    async deliveries(which, question) {
      await requireOwn(webhooks, which)
      const { items, nextCursor } = await store.list({ ...question, webhookId: which.id })
      return { items: items.map(describeDelivery), nextCursor }
    },

    async replay(which, deliveryId) {
      await requireOwn(webhooks, which)
      const delivery = await requireDelivery(which, deliveryId)
      const act = presentAct<true>('send again')
      if (act?.outcome) return describeDelivery(delivery)
      await store.replay(delivery, now().toISOString(), act && ((trx) => act.note(true, trx)))
      queue.notify(DELIVERY_JOB)
      return describeDelivery(await requireDelivery(which, deliveryId))
    },
  }
}

/** One of another tenant is not there. @throws WEBHOOK_NOT_FOUND */
async function requireOwn(webhooks: Pick<WebhookStore, 'get'>, { tenantId, id }: Which): Promise<WebhookRow> {
  const row = await webhooks.get(id)
  if (row?.tenant_id !== tenantId) throw new IssuerError('WEBHOOK_NOT_FOUND')
  return row
}

/** What can be told early; where a name leads is looked at when it is asked. @throws MALFORMED_REQUEST */
function checkUrl(deps: Pick<Deps, 'allowLoopback' | 'isPublicAddress'>, text: string): void {
  const refuse = (message: string) =>
    new IssuerError('MALFORMED_REQUEST', { violations: [{ pointer: '/url', message }] })
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password || url.hash)
    throw refuse('must be a URL without user name and fragment')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isHere = host === 'localhost' || host === '::1' || /^127\./.test(host)
  if (deps.allowLoopback && isHere && /^https?:$/.test(url.protocol)) return
  if (url.protocol !== 'https:') throw refuse('must begin with https')
  if (isHere || (isIP(host) > 0 && !deps.isPublicAddress(host))) throw refuse('must be a public address')
}

type Described = Omit<WebhookRow, 'from_seq'>

const describe = (row: Described): Webhook => ({
  id: row.id,
  url: row.url,
  description: row.description,
  types: JSON.parse(row.types) as string[],
  state: row.state,
  disabledReason: row.disabled_reason,
  failingSince: row.failing_since,
  createdAt: row.created_at,
})

const describeDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  type: row.type,
  state: row.state,
  attempts: row.attempts,
  status: row.status,
  error: row.error,
  payload: JSON.parse(row.payload) as JsonObject,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
