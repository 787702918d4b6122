import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { Job } from '../jobs/queue.ts'
import type { SecretBox } from '../keys/secret-box.ts'
import { type publicPost, Refused } from '../public-fetch.ts'
import type { OutboxRow } from '../stores/outbox.ts'
import type { DeliveryRow, WebhookDeliveryStore } from '../stores/webhook-deliveries.ts'
import type { WebhookRow, WebhookStore } from '../stores/webhooks.ts'
import { signedHeaders } from './signing-secret.ts'

export interface DeliveryDeps {
  webhooks: Pick<WebhookStore, 'get' | 'update' | 'disable' | 'due'>
  deliveries: Pick<WebhookDeliveryStore, 'get' | 'update'>
  secrets: SecretBox
  post: typeof publicPost
  /** Whether this machine may be told, too. */
  allowLoopback: boolean
  /** The job for the rows of one address, until the node stops. */
  laneOf(webhookId: string, handle: (row: OutboxRow) => Promise<void>, stopping: AbortSignal): Job
  /** Told of every attempt. */
  onAttempt?(outcome: 'delivered' | 'failed'): void
  onError?(error: unknown): void
  now(): Date
}

export const DELIVERY_JOB = 'webhook deliveries'
const answerWithinMs = 15_000
/** How long deliveries that are under way are waited for when the node stops. */
const graceMs = 1_000
/** An address that has answered nothing good for so long is disabled (Standard Webhooks, Disabling failing endpoints). */
const failingForMs = 5 * 86_400_000
const minute = 60_000
const hour = 60 * minute

/** Pauses between attempts, as Standard Webhooks advises (Deliverability and reliability): ten attempts in three days. */
const schedule = [
  5_000,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** The pause after so many attempts, a tenth longer or shorter by chance; undefined gives up. */
export function webhookBackoff(attempts: number): number | undefined {
  const pause = schedule[attempts - 1]
  return pause && pause * (0.9 + 0.2 * Math.random())
}

/**
 * Delivers what is due, each address by itself: a slow one has no part in what the others wait for, since a run does
 * not wait for the deliveries that it begins.
 */
export function createDeliveries(deps: DeliveryDeps): { job: Job; close(): Promise<void> } {
  const lanes = new Map<string, Promise<unknown>>()
  let closed = false
  const stopping = new AbortController()
  const { signal } = stopping
  const begin = (webhookId: string) => {
    const lane = deps.laneOf(webhookId, (row) => deliver(deps, row, signal), signal)
    const running = lane
      .run()
      .catch((error) => deps.onError?.(error))
      .finally(() => lanes.delete(webhookId))
    lanes.set(webhookId, running)
  }
  return {
    job: {
      name: DELIVERY_JOB,
      async run() {
        const due = await deps.webhooks.due(deps.now().toISOString())
        const idle = closed ? [] : due.filter((id) => !lanes.has(id))
        for (const id of idle) begin(id)
        return idle.length
      },
    },
    async close() {
      closed = true
      // an address that does not answer must not keep the node: it is told again
      const late = setTimeout(() => stopping.abort(), graceMs)
      await Promise.all(lanes.values())
      clearTimeout(late)
    },
  }
}

async function deliver(deps: DeliveryDeps, row: OutboxRow, stopping: AbortSignal): Promise<void> {
  const delivery = await deps.deliveries.get(row.payload)
  const webhook = delivery && (await deps.webhooks.get(delivery.webhook_id))
  if (!delivery || !webhook) return
  // disabled since: what it was not told waits until it is enabled again
  if (webhook.state === 'disabled')
    throw new IssuerError('WEBHOOK_UNREACHABLE', { detail: 'It is disabled.' })
  const outcome = await attempt(deps, webhook, delivery, stopping)
  // nothing is known of it, and nothing is held against the address
  if (stopping.aborted && outcome.status === null)
    throw new IssuerError('WEBHOOK_UNREACHABLE', { detail: 'The node has stopped.' })
  const at = deps.now().toISOString()
  const good = outcome.status !== null && outcome.status >= 200 && outcome.status < 300
  deps.onAttempt?.(good ? 'delivered' : 'failed')
  if (good) {
    await deps.deliveries.update(delivery.id, {
      ...outcome,
      state: 'delivered',
      attempts: row.attempts,
      updated_at: at,
    })
    if (webhook.failing_since !== null) await deps.webhooks.update(webhook.id, { failing_since: null })
    return
  }
  const gone = outcome.status === 410
  const isLast = gone || schedule[row.attempts - 1] === undefined
  const state = isLast ? 'dead' : 'pending'
  await deps.deliveries.update(delivery.id, { ...outcome, state, attempts: row.attempts, updated_at: at })
  await noteFailure(deps, webhook, gone)
  const code = gone ? 'WEBHOOK_GONE' : 'WEBHOOK_UNREACHABLE'
  throw new IssuerError(code, { detail: outcome.error ?? 'It fails.' })
}

/** One attempt; the words about its failure are for the tenant to read. */
async function attempt(
  { secrets, post, allowLoopback, now }: DeliveryDeps,
  webhook: WebhookRow,
  { id, payload: body }: DeliveryRow,
  stopping: AbortSignal,
): Promise<{ status: number | null; error: string | null }> {
  const headers = signedHeaders(secrets, webhook, { id, at: now(), body })
  try {
    const { status } = await post(
      new URL(webhook.url),
      { headers, body },
      { allowLoopback, timeout: answerWithinMs, stopping },
    )
    const good = status >= 200 && status < 300
    return { status, error: good ? null : `The address answers with status ${status}.` }
  } catch (error) {
    return { status: null, error: error instanceof Refused ? error.message : 'The address does not answer.' }
  }
}

/** Who is gone is told nothing more, and who has failed for days neither. */
async function noteFailure(
  { webhooks, now }: DeliveryDeps,
  webhook: WebhookRow,
  gone: boolean,
): Promise<void> {
  const at = now()
  const { id, tenant_id: tenantId, failing_since: since } = webhook
  if (since === null) await webhooks.update(id, { failing_since: at.toISOString() })
  const reason = gone
    ? 'gone'
    : since && at.getTime() - Date.parse(since) > failingForMs
      ? 'failing'
      : undefined
  if (!reason) return
  await webhooks.disable(
    id,
    reason,
    eventRow({ type: 'webhook.disabled', subject: id, data: { reason }, at, tenantId }),
  )
}
