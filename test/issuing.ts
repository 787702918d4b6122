import assert from 'node:assert/strict'
import { createPlacement } from '../node/audit/place-events.ts'
import { decodeMultikey, multikeyAttribute } from '../node/did/multikey.ts'
import { resolveDid } from '../node/did/resolve-did.ts'
import { createDidResolver } from '../node/did/resolver.ts'
import type { IssuerError } from '../node/errors.ts'
import { formats } from '../node/formats/index.ts'
import { createAllocation } from '../node/issuance/allocate-status.ts'
import { createAnchor } from '../node/issuance/anchor.ts'
import { createStatusChanger } from '../node/issuance/change-status.ts'
import { credentialStatus } from '../node/issuance/credential-status.ts'
import type { IssuanceTerms, Subject } from '../node/issuance/issuance.ts'
import { issue } from '../node/issuance/issue.ts'
import { issueBatch } from '../node/issuance/issue-batch.ts'
import { createLedgerFacts } from '../node/issuance/ledger-facts.ts'
import type { PipelineDeps } from '../node/issuance/pipeline.ts'
import { createStatusListPublisher } from '../node/issuance/publish-status-list.ts'
import { createRegistrationProofs } from '../node/issuance/registration-proof.ts'
import { createTransactionTending } from '../node/issuance/tend-transactions.ts'
import { createBullmqQueue, migrateQueue } from '../node/jobs/bullmq.ts'
import { createInProcessQueue } from '../node/jobs/in-process.ts'
import type { RunnerOptions } from '../node/jobs/job-runner.ts'
import type { Job, Queue } from '../node/jobs/queue.ts'
import { createSecretBox } from '../node/keys/secret-box.ts'
import { createSoftwareKeyStore } from '../node/keys/software.ts'
import { accountAddress } from '../node/ledger/account-address.ts'
import type { DidChange } from '../node/ledger/ledger.ts'
import { type LedgerOptions, openLedger } from '../node/ledger/open-ledger.ts'
import { schemaId } from '../node/ledger/resource-id.ts'
import { deriveContext } from '../node/schemas/derive-context.ts'
import { hexDigest, jcsBytes, sriDigest } from '../node/schemas/digest.ts'
import { serializeSchemaDocument } from '../node/schemas/schema-document.ts'
import { typeMetadata } from '../node/schemas/type-metadata.ts'
import { statusEncodings } from '../node/status/index.ts'
import { createAuditLogStore } from '../node/stores/audit-log.ts'
import { createCredentialStore } from '../node/stores/credentials.ts'
import { type DatabaseLocation, openDatabase } from '../node/stores/database.ts'
import { createDidStore } from '../node/stores/dids.ts'
import { createKeyTable } from '../node/stores/keys.ts'
import { createRegistrationStore } from '../node/stores/registrations.ts'
import { createStatusChangeStore } from '../node/stores/status-changes.ts'
import { createStatusListStore } from '../node/stores/status-lists.ts'
import { createTransactionStore } from '../node/stores/transactions.ts'
import { signMessages } from '../node/suites/bbs/sign-messages.ts'
import { claimsTokens } from '../node/suites/claims-tokens.ts'
import { registryStatusTermsUrl } from '../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../node/suites/document-loader.ts'
import { holderKey } from '../node/suites/holder-key.ts'
import { createSuites } from '../node/suites/index.ts'
import type { TestChain } from './chain.ts'
import { digestSigner, fundedKey } from './digest-signer.ts'

const publicUrl = 'http://127.0.0.1:3000'

/** Whether an error has a code. */
export const fails = (code: string) => (error: IssuerError) => {
  assert.equal(error.code, code, error.stack)
  return true
}

export const degreeSchema = {
  type: 'object',
  properties: {
    degree: {
      type: 'object',
      properties: {
        type: { type: 'string', const: 'BachelorDegree' },
        name: { type: 'string' },
        year: { type: 'integer' },
      },
      required: ['name'],
      additionalProperties: false,
    },
  },
  required: ['degree'],
  additionalProperties: false,
} as const

export const degree = { degree: { type: 'BachelorDegree', name: 'Bachelor of Science', year: 2025 } }

export type Issuing = Awaited<ReturnType<typeof openIssuing>>

/**
 * The pipeline on a chain, a database and a queue, wired as in the node, with jobs running. There are no leases: they
 * save work, and what several processes do at the same time has to come out right without them.
 */
export async function openIssuing(options: {
  chain: Pick<TestChain, 'rpcUrl' | 'registries'>
  location: DatabaseLocation
  /** Where work is announced; in the process alone when left out. */
  queueUrl?: string | undefined
  /** How often jobs look for work that nobody announced: often, so that nobody waits for it after a restart. */
  intervalMs?: number
  rpcUrl?: string
  anchorWaitMs?: number
  gatherMs?: number
  ttlMs?: number
  jobs?: boolean
  relayer?: Partial<Omit<LedgerOptions, 'relayer'>>
}) {
  const database = await openDatabase(options.location)
  const secrets = createSecretBox(Buffer.alloc(32, 9))
  const keys = createSoftwareKeyStore({ table: createKeyTable(database), secrets, signMessages })
  const rpcUrl = options.rpcUrl ?? options.chain.rpcUrl
  const ledger = await openLedger({
    rpcUrl,
    registries: options.chain.registries,
    relayer: digestSigner(fundedKey),
    pollingInterval: 10,
    transactions: createTransactionStore(database),
    ...options.relayer,
  })
  const resolver = createDidResolver({ chainId: ledger.chainId, rpcUrl, ...ledger.registries })
  const resolve = (did: string) => resolveDid(resolver, did)
  const facts = createLedgerFacts({ ledger, resolveDid: resolve, ttlMs: options.ttlMs ?? 60_000 })
  const credentials = createCredentialStore(database)
  const registrations = createRegistrationStore(database)
  const statusLists = createStatusListStore(database)
  const statusChanges = createStatusChangeStore(database)
  const dids = createDidStore(database)
  const errors: unknown[] = []
  const queue = await openQueue(options, {
    intervalMs: options.intervalMs ?? 50,
    backoffMs: 20,
    onError: (error) => errors.push(error),
  })
  const now = () => new Date()
  const shared = {
    ledger,
    facts,
    secrets,
    credentials,
    registrations,
    statusLists,
    statusChanges,
    queue,
    now,
  }
  const statusListUrl = (id: string) => `${publicUrl}/api/v1/status-lists/${encodeURIComponent(id)}`
  const allocateStatus = createAllocation({ ...shared, statusListUrl, listCapacity: 131_072 })
  const anchor = createAnchor({
    ...shared,
    anchorWaitMs: options.anchorWaitMs ?? 15_000,
    // as in a node: whoever works on one file of SQLite is alone
    shared: 'url' in options.location,
    gatherMs: options.gatherMs ?? 200,
    placeEvents: createPlacement({ auditLog: createAuditLogStore(database) }).placeSome,
  })
  const deps: PipelineDeps = {
    ...shared,
    issuers: dids,
    keys,
    suites: createSuites({ publicUrl }),
    formats,
    statusEncodings,
    registryTerms: registryStatusTermsUrl(publicUrl),
    credentialType: (schema) => typeMetadata(publicUrl, schema).reference,
    holderKey,
    claimsTokens,
    statusListUrl,
    listCapacity: 131_072,
    allocateStatus,
    anchor,
    documentLoader: createDocumentLoader,
    schemaIdOf: async () => undefined,
  }
  const changer = createStatusChanger(shared)
  const tending = createTransactionTending({ ...shared, intervalMs: 100 })
  const jobs: Job[] = [anchor.job, changer.job, tending]
  if (options.jobs !== false) await queue.start(jobs)

  return {
    ...{
      database,
      ledger,
      keys,
      dids,
      facts,
      deps,
      anchor,
      changer,
      errors,
      resolver,
      statusChanges,
      statusLists,
    },
    issue: (request: IssuanceTerms & Subject) => issue(deps, request),
    issueBatch: (request: IssuanceTerms & { subjects: readonly Subject[] }) => issueBatch(deps, request),
    prove: createRegistrationProofs({ ...shared, finalityDepth: 0 }),
    publish: createStatusListPublisher({
      ...deps,
      statusLists,
      aggregationUrl: () => `${publicUrl}/api/v1/status-lists`,
      documentLoader: createDocumentLoader({ extra: async () => undefined }),
      maxAgeSeconds: 60,
    }),
    status: (credentialId: string) => credentialStatus({ ...shared, finalityDepth: 0 }, credentialId),

    /** Makes a did:ethr issuer with one Ed25519 key, the relayer its delegate. */
    async createIssuer(name: string | null = 'MIT') {
      const controller = await keys.generate('secp256k1')
      const assertion = await keys.generate('Ed25519')
      const identity = accountAddress(controller.publicKey)
      const did = ledger.didOf(identity)
      const validity = 10 * 365 * 86_400
      await dids.insertPending({
        did,
        method: 'ethr',
        name,
        origin: 'created',
        controllerKeyRef: controller.keyRef,
        keys: [assertion],
      })
      const sign = (await keys.requireDigestSigner(controller.keyRef)).signDigest
      const delegate = ledger.relayer
      await ledger.dids.applyChangesSigned({
        identity,
        changes: [
          {
            kind: 'setAttribute',
            name: 'did/pub/Multikey/veriKey/base58',
            value: multikeyAttribute('Ed25519', assertion.publicKey),
            validity,
          },
          { kind: 'addDelegate', type: 'schema', delegate, validity },
          { kind: 'addDelegate', type: 'status', delegate, validity },
        ],
        sign,
      })
      const { document } = (await resolve(did))!
      const method = (document.verificationMethod as { id: string; publicKeyMultibase?: string }[]).find(
        ({ publicKeyMultibase }) =>
          publicKeyMultibase &&
          Buffer.from(decodeMultikey(publicKeyMultibase)?.publicKey ?? []).equals(assertion.publicKey),
      )
      const { keyRef, type } = assertion
      await dids.recordSeenKeys(did, { shown: [{ keyRef, type, verificationMethod: method!.id }], ended: [] })
      const change = (change: DidChange) =>
        ledger.dids.applyChangesSigned({ identity, changes: [change], sign })
      const deactivate = () => change({ kind: 'changeOwner', owner: `0x${'0'.repeat(40)}` })
      return { did, identity, change, deactivate }
    },

    /** Terms of issuing degrees that can be revoked, by a schema of their own. */
    async degreeTerms(issuer: { did: string; identity: `0x${string}` }, suspendable = false) {
      const { id: schemaId } = await this.registerSchema(issuer)
      const proofType = 'eddsa-jcs-2022'
      return { schemaId, issuerDid: issuer.did, proofType, revocable: true, suspendable, dryRun: false }
    },

    /** Registers the degree schema with its derived context and gives its id. */
    async registerSchema(
      issuer: { did: string; identity: `0x${string}` },
      name = 'degree',
      restricted = false,
    ) {
      const id = schemaId(issuer.did, name, '1.0')
      const type = 'UniversityDegreeCredential'
      const { document } = deriveContext({ schemaId: id, type, jsonSchema: degreeSchema })
      const bytes = jcsBytes(document)
      const url = `${publicUrl}/api/v1/contexts/${hexDigest(bytes)}.jsonld`
      const content = serializeSchemaDocument({
        type,
        contexts: [{ url, digest: sriDigest(bytes) }],
        jsonSchema: degreeSchema,
      })
      const { key } = await ledger.schemas.register({
        kind: 'json-schema',
        issuer: issuer.identity,
        name,
        version: '1.0',
        content,
        restricted,
      })
      return { id, key }
    },

    async close() {
      anchor.stop()
      facts.close()
      await ledger.close()
      await queue.stop()
      await database.destroy()
    },
  }
}

/** The queue of a stack; on a server it has a name for each database. */
async function openQueue(
  { location, queueUrl: url }: { location: DatabaseLocation; queueUrl?: string | undefined },
  options: RunnerOptions,
): Promise<Queue> {
  if (url === undefined || !('url' in location)) return createInProcessQueue(options)
  await migrateQueue(url)
  const namespace = new URL(location.url).pathname.replaceAll(/[^a-z0-9]/g, '')
  return createBullmqQueue({ ...options, url, namespace })
}
