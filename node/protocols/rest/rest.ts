import type { Protocol } from '../protocol.ts'
import { anonCredsResources } from './anoncreds-resources.ts'
import { anonCredsVerify } from './anoncreds-verify.ts'
import { anonCredsWallet } from './anoncreds-wallet.ts'
import { apiKeys } from './api-keys.ts'
import { audit } from './audit.ts'
import { bulk } from './bulk.ts'
import { connections } from './connections.ts'
import { contexts } from './contexts.ts'
import { credentials } from './credentials.ts'
import { credentialsIssue } from './credentials-issue.ts'
import { credentialsStatus } from './credentials-status.ts'
import { credentialsVerify } from './credentials-verify.ts'
import { dids } from './dids.ts'
import { exchanges } from './exchanges.ts'
import { network } from './network.ts'
import { offers } from './offers.ts'
import { presentations } from './presentations.ts'
import { recalls } from './recalls.ts'
import { schemas } from './schemas.ts'
import { statusLists } from './status-lists.ts'
import { tenants } from './tenants.ts'
import { types } from './types.ts'
import { webhooks } from './webhooks.ts'

const resources = [
  dids,
  schemas,
  credentialsIssue,
  bulk,
  credentials,
  credentialsStatus,
  credentialsVerify,
  presentations,
  offers,
  anonCredsResources,
  anonCredsWallet,
  anonCredsVerify,
  connections,
  exchanges,
  statusLists,
  contexts,
  types,
  network,
  apiKeys,
  tenants,
  recalls,
  audit,
  webhooks,
]

/** The IDA REST API. */
export const rest: Protocol = {
  name: 'rest',
  mount(server, issuer, limits) {
    server.register(
      (scope, _options, done) => {
        for (const resource of resources) resource(scope, issuer, limits)
        done()
      },
      { prefix: '/api/v1' },
    )
  },
}
