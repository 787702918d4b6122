import type { Job } from '../jobs/queue.ts'
import type { RegistrarDeps } from './registrar.ts'
import { settleDids } from './settle-dids.ts'
import { settleSchemas } from './settle-schemas.ts'

/** Takes over DIDs, keys and schemas whose transaction was mined after the request for them had ended. */
export function createSettlement(deps: RegistrarDeps): Job {
  return {
    name: 'settle DIDs and schemas',
    exclusive: true,
    // it asks the chain for each: often enough for whoever got a 503 and looks again
    intervalMs: 10_000,
    run: async () =>
      (await settleSchemas(deps, { running: true })) + (await settleDids(deps, { running: true })),
  }
}
