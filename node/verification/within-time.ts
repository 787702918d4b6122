import { IssuerError } from '../errors.ts'
import { undecided } from './undecided.ts'
import type { VerificationDeps, VerificationLedger } from './verification.ts'

/** Milliseconds: more than one request to the chain may take, less than what clients and proxies wait for an answer. */
const timeLimit = 15_000

/** Asks until the end of a verification; afterwards every question fails at once. */
function questionsUntil(end: number) {
  let isOver = false
  return async <T>(ask: () => Promise<T>): Promise<T> => {
    const left = end - performance.now()
    if (isOver || left <= 0) throw new IssuerError('CHAIN_UNREACHABLE')
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      isOver = true
      late.reject(new IssuerError('CHAIN_UNREACHABLE'))
    }, left)
    try {
      return await Promise.race([ask(), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

type Limit = ReturnType<typeof questionsUntil>

function limitLedger({ dids, schemas, statusLists, ...ledger }: VerificationLedger, limit: Limit) {
  return {
    identityOf: (did: string) => ledger.identityOf(did),
    dids: { history: (...asked) => limit(() => dids.history(...asked)) },
    schemas: {
      get: (...asked) => limit(() => schemas.get(...asked)),
      isAllowed: (...asked) => limit(() => schemas.isAllowed(...asked)),
    },
    statusLists: {
      keyOf: (name) => statusLists.keyOf(name),
      rootOf: (path) => statusLists.rootOf(path),
      get: (...asked) => limit(() => statusLists.get(...asked)),
      statusOf: (...asked) => limit(() => statusLists.statusOf(...asked)),
      registrationInTransaction: (...asked) => limit(() => statusLists.registrationInTransaction(...asked)),
    },
  } satisfies VerificationLedger
}

/**
 * What one verification asks, all of it within `timeLimitMs` (15,000 when left out): a chain that takes connections
 * and does not answer would otherwise be waited for once per question. What is late throws CHAIN_UNREACHABLE. Within a
 * limit that runs already nothing begins anew.
 */
export function withinTime<Deps extends VerificationDeps>(deps: Deps): Deps {
  const { timeLimitMs = timeLimit, publishedLists } = deps
  if (timeLimitMs === Number.POSITIVE_INFINITY) return deps
  const limit = questionsUntil(performance.now() + timeLimitMs)
  return {
    ...deps,
    timeLimitMs: Number.POSITIVE_INFINITY,
    ledger: limitLedger(deps.ledger, limit),
    resolveDid: (did) => limit(() => deps.resolveDid(did)),
    resolveKey: (...asked) => limit(() => deps.resolveKey(...asked)),
    ...(publishedLists && {
      publishedLists: (input) =>
        undecided(
          () => limit(() => publishedLists(input)),
          (reason) => ({ status: 'unknown', reason }),
        ),
    }),
  }
}
