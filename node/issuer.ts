import type { AuthenticationDeps } from './access/authenticate.ts'
import { countIssued } from './access/count-issued.ts'
import { createTenants } from './access/tenants.ts'
import { createAgent, jwtAgent } from './agent/agent.ts'
import { createPlacement } from './audit/place-events.ts'
import { bindIssuer } from './composition/bind-issuer.ts'
import { type ChainLocation, type Foundation, openFoundation } from './composition/foundation.ts'
import { observedLedger } from './composition/observed-ledger.ts'
import { nodeMetrics } from './composition/open-metrics.ts'
import { openParts } from './composition/open-parts.ts'
import { alone, openQueue } from './composition/open-queue.ts'
import { openTracing } from './composition/open-tracing.ts'
import { openVerification } from './composition/open-verification.ts'
import { resolverOptions } from './composition/resolver-options.ts'
import { credentialsWithinTenant, didsWithinTenant, idWithinTenant } from './composition/within-tenant.ts'
import type { Config } from './config.ts'
import { checkNewDelegation } from './delegation/check-new-delegation.ts'
import { didWebOf } from './did/did-web-document.ts'
import { resolveDid } from './did/resolve-did.ts'
import { createDidResolver } from './did/resolver.ts'
import { nameInlineContexts } from './documents/inline-contexts.ts'
import { IssuerError } from './errors.ts'
import { readFacts } from './formats/credential-facts.ts'
import { formats } from './formats/index.ts'
import { createAllocation } from './issuance/allocate-status.ts'
import { createAnchor } from './issuance/anchor.ts'
import { withinBacklog } from './issuance/backlog.ts'
import { createStatusChanger } from './issuance/change-status.ts'
import type { DocumentDeps } from './issuance/document-terms.ts'
import { createLedgerFacts } from './issuance/ledger-facts.ts'
import type { IssuerRecords, PipelineDeps } from './issuance/pipeline.ts'
import { createRegistrationProofs } from './issuance/registration-proof.ts'
import { createTransactionTending } from './issuance/tend-transactions.ts'
import type { Queue } from './jobs/queue.ts'
import type { JsonObject } from './json.ts'
import type { LedgerChange } from './ledger/ledger.ts'
import type { Logger } from './logger.ts'
import type { Issuer } from './protocols/issuer.ts'
import { registerBuiltInSchemas } from './registrar/built-in-schemas.ts'
import { requireNodeDid } from './registrar/node-did.ts'
import type { RegistrarDeps } from './registrar/registrar.ts'
import { settleDids } from './registrar/settle-dids.ts'
import { settleSchemas } from './registrar/settle-schemas.ts'
import { createSettlement } from './registrar/settlement.ts'
import { requestContext } from './request-context.ts'
import { typeMetadata } from './schemas/type-metadata.ts'
import { statusEncodings } from './status/index.ts'
import { createApiKeyStore } from './stores/api-keys.ts'
import { createAuditLogStore } from './stores/audit-log.ts'
import { type ContextStore, createContextStore } from './stores/contexts.ts'
import { createCredentialStore, isErased, readSecured } from './stores/credentials.ts'
import { createDidImportStore } from './stores/did-imports.ts'
import { createDidStore, type DidStore } from './stores/dids.ts'
import { createEventStore } from './stores/events.ts'
import { createIdempotencyStore } from './stores/idempotency.ts'
import { createLeaseStore } from './stores/leases.ts'
import { createOfferStore } from './stores/offers.ts'
import { createOutboxStore } from './stores/outbox.ts'
import { createRegistrationStore } from './stores/registrations.ts'
import { createSchemaStore } from './stores/schemas.ts'
import { createStatusChangeStore } from './stores/status-changes.ts'
import { createStatusListStore } from './stores/status-lists.ts'
import { countCredentials, createTenantStore, issuanceLimits } from './stores/tenants.ts'
import { createWebhookDeliveryStore } from './stores/webhook-deliveries.ts'
import { createWebhookStore } from './stores/webhooks.ts'
import { claimsTokens } from './suites/claims-tokens.ts'
import { bundledContexts, registryStatusTermsUrl } from './suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from './suites/document-loader.ts'
import { holderKey } from './suites/holder-key.ts'
import { createSuites } from './suites/index.ts'
import { requireDefinedTerms } from './suites/require-defined-terms.ts'
import { checkProofBy } from './verification/check-proof-by.ts'
import { openCredential } from './verification/open-credential.ts'
import type { VerificationDeps } from './verification/verification.ts'
import { verifyCredential } from './verification/verify-credential.ts'
import { FAN_OUT_JOB } from './webhooks/fan-out.ts'

const now = () => new Date()
/** The W3C minimum, for privacy in the herd (Bitstring Status List 1.0). */
const listCapacity = 131_072

/** A node that is wired and has not begun to answer. */
export interface OpenIssuer {
  issuer: Issuer
  authentication: Omit<AuthenticationDeps, 'adminKeyHash'>
  ledger: Foundation['ledger']
  nodeDid: string
  /** Begins the work that is due without anybody asking. */
  startJobs(): Promise<void>
  /** Answers requests that wait for their transaction, now and from now on, as it stands. */
  stopWaiting(): void
  /** Ends jobs and whatever waits, then closes chain and database. */
  close(): Promise<void>
}

interface Input {
  config: Config
  chain: ChainLocation
  logger: Logger
}

/**
 * Wires a node on a chain: the composition root.
 *
 * @throws CHAIN_MISMATCH, CHAIN_UNREACHABLE, RELAYER_UNFUNDED, DATABASE_UNAVAILABLE, KEY_STORE_UNAVAILABLE, ConfigError
 */
export async function openIssuer(input: Input): Promise<OpenIssuer> {
  const foundation = await openFoundation(input.config, input.chain, input.logger)
  const { queue, leases } = await openQueue(input, foundation).catch(async (error) => {
    await foundation.close()
    throw error
  })
  const wiring = wire(input, foundation, queue)
  const tracing = await openTracing(input.config)
  const { facts, anchor, statusChanger, everyTenant: registrar } = wiring
  let parts: ReturnType<typeof openParts> | undefined
  const close = async () => {
    await parts?.close()
    anchor.stop()
    facts.close()
    await foundation.ledger.close()
    await queue.stop()
    await foundation.close()
    wiring.metrics.close()
    await tracing?.close()
  }
  try {
    const nodeDid = await alone(leases, async () => {
      // other processes of this database may be at work
      const running = leases !== undefined
      if (!running) await wiring.stores.outbox.releaseAll(now().toISOString())
      await settleDids(registrar, { running })
      await settleSchemas(registrar, { running })
      const did = await requireNodeDid(registrar, { name: 'Cartulary node' })
      await registerBuiltInSchemas(registrar, { nodeDid: did })
      return did
    })
    const opened = openParts({ ...wiring, nodeDid })
    parts = opened
    return {
      issuer: { ...bindIssuer({ ...wiring, nodeDid }), ...opened.doors, tracing },
      authentication: {
        apiKeys: wiring.stores.apiKeys,
        tenants: wiring.tenants,
        metricsToken: input.config.metricsToken,
      },
      ledger: foundation.ledger,
      nodeDid,
      startJobs: () =>
        queue.start([
          anchor.job,
          statusChanger.job,
          wiring.transactions,
          createSettlement(registrar),
          ...opened.jobs,
        ]),
      stopWaiting: anchor.stop,
      close,
    }
  } catch (error) {
    await close()
    throw nameRelayer(error, foundation.ledger.relayer)
  }
}

/** Whoever starts a node has to know which account to give funds. */
function nameRelayer(error: unknown, relayer: string): unknown {
  if (!(error instanceof IssuerError) || error.code !== 'RELAYER_UNFUNDED') return error
  const detail = `The account ${relayer}, which pays for transactions, needs funds; or set RELAYER_PRIVATE_KEY to one that has some.`
  return new IssuerError('RELAYER_UNFUNDED', { detail, facts: { relayer }, cause: error })
}

/** Everything of a node, wired. */
export type Wiring = ReturnType<typeof wire>

function wire({ config, chain, logger }: Input, opened: Foundation, queue: Queue) {
  const foundation = { ...opened, ledger: observedLedger(opened.ledger) }
  const { keys, ledger } = foundation
  const metrics = nodeMetrics(foundation, now)
  const stores = openStores(foundation)
  const didMethods = resolverOptions({
    ...{ config, chain, logger, keys, dids: stores.dids, chainId: ledger.chainId },
  })
  const resolver = createDidResolver(didMethods)
  const resolve = (did: string) => resolveDid(resolver, did)
  const facts = createLedgerFacts({ ledger, resolveDid: resolve, ttlMs: config.ledgerCacheMs })
  const placement = createPlacement({
    ...stores,
    onPlaced: (events) => {
      metrics.countEvents(events)
      queue.notify(FAN_OUT_JOB)
    },
  })
  const anchor = createAnchor({
    ...{ ...stores, ledger, queue, anchorWaitMs: config.anchorWaitMs, now },
    shared: config.databaseUrl !== undefined,
    placeEvents: placement.placeSome,
  })
  const agent = createAgent({
    keyStore: keys,
    dids: { get: stores.dids.get, list: stores.dids.all },
    resolver,
  })
  const suites = createSuites({
    publicUrl: config.publicUrl,
    agent: jwtAgent(agent),
    digestSigners: keys.requireDigestSigner,
  })
  const pinnedContext = (did: string, url: string) => registeredContext(stores.contexts, did, url)
  const registrationProof = createRegistrationProofs({
    ...{ ...stores, ledger, finalityDepth: config.finalityDepth },
  })
  const own = {
    dids: didsWithinTenant(stores.dids),
    credentials: credentialsWithinTenant(stores.credentials),
  }
  const { deps: verification, forget: forgetDid } = openVerification({
    ...{ ledger, suites, resolver: didMethods, ttlMs: config.ledgerCacheMs },
    statusListFetch: config.statusListFetch,
    findRegistration: async (credentialId) =>
      registrationProof(await idWithinTenant(own.credentials, credentialId)).catch(noRegistration),
    registeredContext: pinnedContext,
  })
  const forget = (change: LedgerChange) => {
    if (change.registry === 'did') forgetDid(ledger.didOf(change.identity))
  }
  ledger.watch(forget)
  const tenants = createTenants({ ...stores, now })
  const everyTenant: RegistrarDeps = {
    ...{ ledger, keyStore: keys, bundledContexts, now, publicUrl: config.publicUrl },
    ...{ dids: stores.dids, didImports: stores.didImports },
    ...{ schemas: stores.schemas, contexts: stores.contexts },
    resolveDid: resolve,
    didWebAt: (path) => didWebOf(config.publicUrl, path),
    forget: (change) => {
      facts.forget(change)
      forget(change)
    },
  }
  const pipeline = createPipeline({
    ...foundation,
    stores,
    issuers: issuerRecords(own.dids),
    countIssued: (trx, count) => countIssued({ issuanceLimits, countCredentials, now }, trx, count),
    config,
    queue,
    facts,
    anchor,
    suites,
    verification,
  })
  const documents: DocumentDeps = {
    ...{ ...pipeline, requireDefinedTerms },
    readFacts: (document) => readFacts(nameInlineContexts(document)),
    registeredContext: pinnedContext,
    checkProofs: ({ documentLoader, ...input }) => checkProofBy({ ...verification, documentLoader }, input),
  }
  const statusChanger = createStatusChanger({ ...pipeline, statusChanges: stores.statusChanges })
  const transactions = createTransactionTending({ ...stores, ledger, queue })
  return {
    config,
    chain,
    logger,
    foundation,
    stores,
    queue,
    facts,
    anchor,
    placement,
    metrics,
    verification,
    registrationProof,
    /** What is of this node's own tenants, whoever asks: for work of the node's own, and for the public. */
    everyTenant,
    allIssuers: issuerRecords(stores.dids),
    tenants,
    /** What belongs to whoever is being answered. */
    own,
    registrar: { ...everyTenant, dids: own.dids },
    pipeline,
    documents,
    statusChanger,
    transactions,
  }
}

async function registeredContext(
  contexts: ContextStore,
  issuerDid: string,
  url: string,
): Promise<JsonObject | undefined> {
  const text = await contexts.registered(issuerDid, url)
  return text === undefined ? undefined : JSON.parse(text)
}

function openStores({ database, room }: Foundation) {
  return {
    apiKeys: createApiKeyStore(database, room),
    auditLog: createAuditLogStore(database),
    webhooks: createWebhookStore(database),
    webhookDeliveries: createWebhookDeliveryStore(database),
    contexts: createContextStore(database, room),
    credentials: createCredentialStore(database),
    dids: createDidStore(database, room),
    didImports: createDidImportStore(database, room),
    events: createEventStore(database),
    idempotency: createIdempotencyStore(database),
    leases: createLeaseStore(database),
    offers: createOfferStore(database, room),
    outbox: createOutboxStore(database),
    registrations: createRegistrationStore(database),
    schemas: createSchemaStore(database, room),
    statusChanges: createStatusChangeStore(database),
    statusLists: createStatusListStore(database),
    tenants: createTenantStore(database),
  }
}

/** What this node issued but cannot show is no evidence; what a verifier cannot know is no error. */
function noRegistration(error: unknown): undefined {
  if (!(error instanceof IssuerError)) throw error
  if (error.retryable && error.code !== 'REGISTRATION_PENDING') throw error
}

interface PipelineParts extends Pick<PipelineDeps, 'issuers' | 'queue' | 'facts' | 'anchor' | 'suites'> {
  countIssued: NonNullable<PipelineDeps['countIssued']>
  stores: ReturnType<typeof openStores>
  config: Config
  ledger: Foundation['ledger']
  keys: Foundation['keys']
  secrets: Foundation['secrets']
  verification: VerificationDeps
}

function createPipeline(parts: PipelineParts): PipelineDeps {
  const { stores, config, verification, ledger, keys, secrets, queue, facts, anchor, suites, issuers } = parts
  const { countIssued: count } = parts
  const { credentials, statusLists } = stores
  const own = credentialsWithinTenant(credentials)
  const lists = { ledger, facts, secrets, statusLists, listCapacity, now }
  const statusListUrl = (id: string) => `${config.publicUrl}/api/v1/status-lists/${encodeURIComponent(id)}`
  return {
    ...{
      ledger,
      facts,
      keys,
      secrets,
      queue,
      issuers,
      countIssued: count,
      anchor,
      suites,
      formats,
      credentials,
      statusLists,
      listCapacity,
      now,
    },
    offLedgerIssuers: config.offLedgerIssuers,
    claimsTokens,
    statusEncodings,
    registryTerms: registryStatusTermsUrl(config.publicUrl),
    allocateStatus: withinBacklog(createAllocation({ ...lists, statusListUrl }), {
      countUnregistered: stores.registrations.countUnregistered,
      limit: config.unregisteredLimit,
    }),
    documentLoader: createDocumentLoader,
    schemaIdOf: (alias) => stores.schemas.idOf(requestContext().tenantId, alias),
    statusListUrl,
    credentialType: (schema) => typeMetadata(config.publicUrl, schema).reference,
    holderKey,
    checkDelegation: (delegation) =>
      checkNewDelegation(
        {
          getCredential: async (id) => {
            // what delegates to an issuer of this tenant may be another's
            const row = (await own.get(id)) ?? (await credentials.get(id))
            return row && !isErased(row) ? readSecured(row) : undefined
          },
          open: (secured) => openCredential(formats, secured),
          verify: (received) => verifyCredential(verification, received),
        },
        delegation,
      ),
  }
}

/** DIDs that are not on the ledger yet, or whose document is served no more, issue nothing. */
function issuerRecords(dids: DidStore): IssuerRecords {
  return {
    get: async (did) => {
      const stored = await dids.get(did)
      const gone = stored?.method === 'web' && stored.state === 'deactivated'
      return stored?.state === 'pending' || gone ? undefined : stored
    },
  }
}
