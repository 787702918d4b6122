import { createHash, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { IssuerError } from '../errors.ts'
import type { Job } from '../jobs/queue.ts'
import type { SecretBox } from '../keys/secret-box.ts'
import { type Act, type Attempt, requestContext } from '../request-context.ts'
import type { IdempotencyStore, Usage } from '../stores/idempotency.ts'
import type { Caller } from './caller.ts'

/** An answer as it went out. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** A body that is read as a stream, and known by its digest afterwards. */
export interface StreamedBody {
  /** Of what has been read of it; undefined when it broke off. */
  digest(): string | undefined
  /** Reads it, keeping nothing, as far as the body of that digest was read, and tells whether it is the same. */
  repeats(digest: string): Promise<boolean>
}

/** A request with an Idempotency-Key that is being answered. */
export interface OpenRequest {
  /** Keeps the answer; one that is too long is not kept, and is made again from what was recorded. */
  answered(answer: Answer): Promise<void>
  /** Keeps nothing: whoever asks again is answered anew, and what was done is found. */
  released(): Promise<void>
}

/** What repeated requests are told. */
export interface Idempotency {
  /**
   * Begins to answer a request, or gives the answer that it got before. The attempt stands in the request context
   * from now on. A body that is a stream is no part of the fingerprint: it is compared with the one that was answered.
   * @throws IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_IN_USE, IDEMPOTENCY_LIMIT_REACHED
   */
  begin(input: {
    caller: Caller
    key: string
    fingerprint: string
    body?: StreamedBody | undefined
  }): Promise<Answer | OpenRequest>
  /** Forgets what is old. */
  readonly job: Job
  close(): void
}

interface Deps {
  store: IdempotencyStore
  secrets: SecretBox
  now(): Date
  /** How long an answer is kept, in milliseconds. */
  keepMs: number
  /** Most records and bytes of a tenant. */
  limits: Usage
  /** How long a process that is not heard of counts as alive, in milliseconds; 5,000 when left out. */
  claimMs?: number
  /** How long it goes by a count of what is kept, in milliseconds; 60,000 when left out. */
  recountMs?: number
  /** Whether no other process uses the database, so that whoever held a request is dead. */
  alone: boolean
}

/** A longer answer is not kept: it holds nothing that the records do not. */
const maxAnswerBytes = 1_048_576
const forgottenAtOnce = 1_000
const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Opens the memory of answers. Everything in it is sealed: answers hold tokens, keys, and what credentials say. */
export function createIdempotency(deps: Deps): Idempotency {
  const { store, claimMs = 5_000, recountMs = 60_000 } = deps
  const holder = randomUUID()
  const ready = deps.alone ? store.releaseAll() : Promise.resolve()
  // whoever begins a request is told
  ready.catch(() => {})
  let open = 0
  let counted: { at: number; usage: Promise<Map<string, Usage>> } | undefined
  const inFuture = (milliseconds: number) => new Date(deps.now().getTime() + milliseconds).toISOString()
  const renewal = setInterval(() => {
    // an answer that takes longer than its claim, which a missed renewal ends, is guarded by `note`
    if (open > 0) store.renew({ holder, until: inFuture(claimMs) }).catch(() => {})
  }, claimMs / 3).unref()

  /** Counted now and then, whichever process forgets what is old. */
  function usages(): Promise<Map<string, Usage>> {
    if (!counted || performance.now() - counted.at > recountMs) {
      const fresh = { at: performance.now(), usage: store.usage() }
      counted = fresh
      fresh.usage.catch(() => {
        if (counted === fresh) counted = undefined
      })
    }
    return counted.usage
  }

  /** Between two counts, what comes in is added: a limit for those who keep far too much. */
  async function checkUsage(tenantId: string): Promise<void> {
    const usage = await usages()
    const used = usage.get(tenantId) ?? { records: 0, bytes: 0 }
    const { records, bytes } = deps.limits
    if (used.records >= records || used.bytes >= bytes) {
      throw new IssuerError('IDEMPOTENCY_LIMIT_REACHED', { retryAfter: 60 })
    }
    used.records++
    usage.set(tenantId, used)
  }

  return {
    async begin({ caller, key, fingerprint, body }) {
      const id = createHash('sha256')
        .update(JSON.stringify([caller.tenantId, caller.keyId, key]))
        .digest('hex')
      const { tenantId } = caller
      await ready
      await checkUsage(tenantId)
      const begun = await store.begin({
        ...{ id, tenantId, fingerprint, holder },
        now: inFuture(0),
        until: inFuture(claimMs),
        expiresAt: inFuture(deps.keepMs),
      })
      if (begun.state === 'another request') throw new IssuerError('IDEMPOTENCY_KEY_REUSED')
      if (begun.state === 'in use') throw new IssuerError('IDEMPOTENCY_KEY_IN_USE', { retryAfter: 1 })
      if (begun.state === 'answered') {
        await checkRepeated(body, begun.body)
        return openAnswer(deps, id, begun.answer)
      }
      open++
      let closed = false
      const end = async (act: () => Promise<void>) => {
        if (closed) return
        closed = true
        open--
        await act()
      }
      const release = () => store.release({ id, holder })
      await checkRepeated(body, begun.body).catch(async (error) => {
        await end(release)
        throw error
      })
      requestContext().attempt = createAttempt(deps, { id, holder, outcomes: begun.outcomes, body })
      return {
        answered: (answer) =>
          end(async () => {
            const digest = body?.digest()
            // of a body that broke off it cannot be told whether it comes again
            if (body && digest === undefined) return release()
            if (answer.body.length > maxAnswerBytes) return release()
            const sealed = deps.secrets.seal(await compress(JSON.stringify(answer)), answerContext(id))
            await store.answer({ id, holder, answer: sealed, body: digest ?? null })
          }),
        released: () => end(release),
      }
    },
    job: {
      name: 'forget answers',
      intervalMs: 60_000,
      async run() {
        let forgotten = 0
        for (let count = forgottenAtOnce; count === forgottenAtOnce; forgotten += count) {
          count = await store.forget({ now: inFuture(0), limit: forgottenAtOnce })
        }
        if (forgotten > 0) counted = undefined
        return forgotten
      },
    },
    close: () => clearInterval(renewal),
  }
}

const answerContext = (id: string) => `answer:${id}`
const outcomeContext = (id: string) => `outcomes:${id}`

/** @throws IDEMPOTENCY_KEY_REUSED when it is another body than the one that was read before */
async function checkRepeated(body: StreamedBody | undefined, digest: string | null): Promise<void> {
  if (!body || digest === null || (await body.repeats(digest))) return
  throw new IssuerError('IDEMPOTENCY_KEY_REUSED')
}

async function openAnswer({ secrets }: Deps, id: string, answer: string): Promise<Answer> {
  return JSON.parse((await decompress(secrets.open(answer, answerContext(id)))).toString())
}

/** What the acts of one request have done, by their names; the n-th act of a name is found as the n-th again. */
function createAttempt(
  { store, secrets }: Deps,
  {
    id,
    holder,
    outcomes,
    body,
  }: { id: string; holder: string; outcomes: string | null; body: StreamedBody | undefined },
): Attempt {
  const written: Record<string, unknown> =
    outcomes === null ? {} : JSON.parse(Buffer.from(secrets.open(outcomes, outcomeContext(id))).toString())
  const counts = new Map<string, number>()
  return {
    act<Outcome>(name: string): Act<Outcome> {
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      const slot = `${name} ${count}`
      return {
        outcome: written[slot] as Outcome | undefined,
        async note(outcome, trx) {
          const text = JSON.stringify({ ...written, [slot]: outcome })
          const sealed = secrets.seal(Buffer.from(text), outcomeContext(id))
          const held = { id, holder, outcomes: sealed, body: body?.digest() ?? null }
          if (!(await store.note(held, trx))) {
            throw new IssuerError('IDEMPOTENCY_KEY_IN_USE', { retryAfter: 1 })
          }
          written[slot] = outcome
        },
      }
    },
  }
}
