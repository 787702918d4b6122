import { isPublicAddress } from '../did/public-address.ts'
import type { Wiring } from '../issuer.ts'
import { createOutboxJob } from '../jobs/outbox-job.ts'
import { publicPost } from '../public-fetch.ts'
import { webhookJob } from '../stores/webhooks.ts'
import { createDeliveries, webhookBackoff } from '../webhooks/deliver.ts'
import { createFanOut } from '../webhooks/fan-out.ts'
import { createWebhooks } from '../webhooks/webhooks.ts'
import type { Part } from './open-parts.ts'

/** Deliveries to one address at the same time. */
const atOnce = 4
/** After so many milliseconds another process delivers what one has begun that died: an attempt takes 15 s at most. */
const claimMs = 20_000

/** Webhooks: their management, and what tells them. */
export function openWebhooks({
  config,
  foundation,
  stores,
  queue,
  pipeline: { now },
  logger,
  metrics,
}: Wiring) {
  const { webhooks, webhookDeliveries: deliveries, outbox } = stores
  const { secrets } = foundation
  const allowLoopback = config.webhookHosts === 'loopback'
  const delivering = createDeliveries({
    ...{ webhooks, deliveries, secrets, allowLoopback, now, post: publicPost },
    laneOf: (webhookId, handle, stopping) =>
      createOutboxJob({
        ...{ name: webhookJob(webhookId), outbox, handle, now },
        ...{ limit: atOnce, claimMs, backoff: webhookBackoff, stopping },
      }),
    onAttempt: metrics.countAttempt,
    onError: (err) => logger.error({ err }, 'deliveries to a webhook stopped'),
  })
  return {
    doors: {
      webhooks: createWebhooks({ webhooks, deliveries, secrets, queue, allowLoopback, isPublicAddress, now }),
    },
    jobs: [createFanOut({ deliveries, queue, now }), delivering.job],
    close: delivering.close,
  } satisfies Part
}
