import type { Migration } from 'kysely/migration'
import { up } from './001-tables.ts'
import { up as registeredContexts } from './002-registered-contexts.ts'
import { up as work } from './003-work.ts'
import { up as tenants } from './004-tenants.ts'
import { up as exchanges } from './005-exchanges.ts'
import { up as audit } from './006-audit.ts'
import { up as bulk } from './007-bulk.ts'
import { up as idempotency } from './009-idempotency.ts'
import { up as anoncreds } from './010-anoncreds.ts'
import { up as transactions } from './012-transactions.ts'
import { up as recalls } from './014-recalls.ts'
import { up as webhooks } from './015-webhooks.ts'
import { up as statusPositions } from './016-status-positions.ts'
import { up as listedStatuses } from './017-listed-statuses.ts'
import { up as idempotentBodies } from './018-idempotent-bodies.ts'
import { up as quotas } from './019-quotas.ts'
import { up as rateCounts } from './020-rate-counts.ts'
import { up as registrationEntries } from './021-registration-entries.ts'
import { up as credentialTerms } from './022-credential-terms.ts'
import { up as didImports } from './023-did-imports.ts'
import { up as registrationsAside } from './024-registrations-aside.ts'
import { up as outboxLanes } from './025-outbox-lanes.ts'
import { up as registrationGroups } from './026-registration-groups.ts'
import { up as credentialCompression } from './027-credential-compression.ts'
import { up as turns } from './028-turns.ts'
import { up as bulkTurns } from './029-bulk-turns.ts'

/** Every migration by its name, which gives the order; one that has run anywhere never changes. */
export const migrations: Record<string, Migration> = {
  '001-tables': { up },
  '002-registered-contexts': { up: registeredContexts },
  '003-work': { up: work },
  '004-tenants': { up: tenants },
  '005-exchanges': { up: exchanges },
  '006-audit': { up: audit },
  '007-bulk': { up: bulk },
  '012-transactions': { up: transactions },
  '009-idempotency': { up: idempotency },
  '010-anoncreds': { up: anoncreds },
  '014-recalls': { up: recalls },
  '016-status-positions': { up: statusPositions },
  '017-listed-statuses': { up: listedStatuses },
  '015-webhooks': { up: webhooks },
  '018-idempotent-bodies': { up: idempotentBodies },
  '019-quotas': { up: quotas },
  '020-rate-counts': { up: rateCounts },
  '021-registration-entries': { up: registrationEntries },
  '022-credential-terms': { up: credentialTerms },
  '023-did-imports': { up: didImports },
  '024-registrations-aside': { up: registrationsAside },
  '025-outbox-lanes': { up: outboxLanes },
  '026-registration-groups': { up: registrationGroups },
  '027-credential-compression': { up: credentialCompression },
  '028-turns': { up: turns },
  '029-bulk-turns': { up: bulkTurns },
}
