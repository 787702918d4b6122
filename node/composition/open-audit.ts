import { createAuditLog } from '../audit/read-log.ts'
import type { Wiring } from '../issuer.ts'
import type { Part } from './open-parts.ts'

/** The audit log: places for events, and whoever reads it. */
export function openAudit({ stores, placement }: Wiring) {
  return {
    doors: { audit: createAuditLog(stores.auditLog) },
    jobs: [placement.job],
  } satisfies Part
}
