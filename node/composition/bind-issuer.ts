import { administerApiKeys } from '../access/api-key-administration.ts'
import { collectOffer } from '../delivery/collect-offer.ts'
import { createOffer } from '../delivery/create-offer.ts'
import { qrCode } from '../delivery/qr-code.ts'
import { IssuerError } from '../errors.ts'
import { credentialRecord } from '../issuance/credential-record.ts'
import { credentialStatus } from '../issuance/credential-status.ts'
import { issue } from '../issuance/issue.ts'
import { issueBatch } from '../issuance/issue-batch.ts'
import type { Wiring } from '../issuer.ts'
import type { Issuer } from '../protocols/issuer.ts'
import { allowIssuers } from '../registrar/allow-issuers.ts'
import { createDid } from '../registrar/create-did.ts'
import { deactivateDid } from '../registrar/deactivate-did.ts'
import { deactivateSchema } from '../registrar/deactivate-schema.ts'
import { didHistory } from '../registrar/did-history.ts'
import { getSchema } from '../registrar/get-schema.ts'
import { importDid, withdrawImport } from '../registrar/import-did.ts'
import { registerContext } from '../registrar/register-context.ts'
import { registerSchema } from '../registrar/register-schema.ts'
import { rotateKeys } from '../registrar/rotate-keys.ts'
import { updateDid } from '../registrar/update-did.ts'
import { requestContext } from '../request-context.ts'
import { jcsBytes } from '../schemas/digest.ts'
import { typeMetadata } from '../schemas/type-metadata.ts'
import { ownContexts } from '../suites/contexts/bundled-contexts.ts'
import { verifyCredential } from '../verification/verify-credential.ts'
import { bindDocuments } from './bind-documents.ts'
import { bindPresentations } from './bind-presentations.ts'
import { bindStatusLists } from './bind-status-lists.ts'
import { createHealthCheck } from './check-health.ts'
import type { OpenParts } from './open-parts.ts'
import { requireCredential } from './require-credential.ts'
import { changeNamed, idWithinTenant } from './within-tenant.ts'

/** Binds the functions of the node to what they stand on, for the protocols. */
export function bindIssuer(
  wiring: Wiring & { nodeDid: string },
): Omit<Issuer, keyof OpenParts['doors'] | 'tracing'> {
  return {
    ...bindNetwork(wiring),
    ...bindDids(wiring),
    ...bindSchemas(wiring),
    ...bindCredentials(wiring),
    ...bindStatusLists(wiring),
    ...bindDocuments(wiring),
    ...bindOffers(wiring),
    ...bindPresentations(wiring),
  }
}

function bindNetwork(wiring: Wiring & { nodeDid: string }) {
  const { config, chain, foundation, stores, tenants, pipeline, nodeDid } = wiring
  const { ledger } = foundation
  return {
    checkHealth: createHealthCheck({ ...foundation, queue: wiring.queue }),
    apiKeys: administerApiKeys({ apiKeys: stores.apiKeys, tenants, now: pipeline.now }),
    tenants: tenants.administration,
    network: () => ({
      chainId: ledger.chainId,
      // the URL of an own local chain is no secret; any other may hold a key
      rpcUrl: config.rpcPublicUrl ?? (chain.fund ? chain.rpcUrl : null),
      registries: ledger.registries,
      finalityDepth: config.finalityDepth,
      publicUrl: config.publicUrl,
      nodeDid,
      proofTypes: pipeline.suites.map(({ name }) => name),
    }),
  } satisfies Partial<Issuer>
}

function bindDids({ registrar, stores, own }: Wiring) {
  return {
    createDid: (input) => createDid(registrar, input),
    importDid: (input) => importDid(registrar, input),
    withdrawImport: (input) => withdrawImport(registrar, input),
    updateDid: (input) => updateDid(registrar, input),
    rotateKeys: (input) => rotateKeys(registrar, input),
    deactivateDid: (input) => deactivateDid(registrar, input),
    didHistory: (input) => didHistory(registrar, input),
    listDids: (question) => stores.dids.list({ ...question, tenantId: requestContext().tenantId }),
    viewDid: async (did) => {
      const [resolved, stored] = await Promise.all([registrar.resolveDid(did), own.dids.get(did)])
      if (!resolved) throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
      const { document, deactivated } = resolved
      const controlled = typeof stored?.controllerKeyRef === 'string'
      return { did, document, deactivated, name: stored?.name ?? null, controlled }
    },
  } satisfies Partial<Issuer>
}

function bindSchemas({ config, registrar, stores, pipeline }: Wiring) {
  const { contexts } = stores
  return {
    registerContext: (input) => registerContext(registrar, input),
    registerSchema: (input) => registerSchema(registrar, input),
    deactivateSchema: (input) => deactivateSchema(registrar, input),
    allowIssuers: (input) => allowIssuers(registrar, input),
    getSchema: (input) => getSchema(registrar, input),
    listSchemas: (question) => stores.schemas.list({ ...question, tenantId: requestContext().tenantId }),
    context: async (digest) => {
      const own = ownContexts.get(digest)
      const text = own ? new TextDecoder().decode(jcsBytes(own)) : await contexts.get(digest)
      if (text === undefined) throw new IssuerError('NOT_FOUND')
      return text
    },
    typeMetadata: async ({ schemaId, type }) => {
      const { opened } = await pipeline.facts.schema(schemaId)
      if (opened.type !== type) throw new IssuerError('NOT_FOUND')
      return new TextDecoder().decode(typeMetadata(config.publicUrl, opened).bytes)
    },
  } satisfies Partial<Issuer>
}

function bindCredentials({
  config,
  foundation,
  stores,
  own,
  pipeline,
  statusChanger,
  registrationProof,
  verification,
}: Wiring) {
  const { credentials } = stores
  const { ledger } = foundation
  const { finalityDepth } = config
  return {
    issue: (request) => issue(pipeline, request),
    issueBatch: (request) => issueBatch(pipeline, request),
    listCredentials: async (question) => {
      const { schemaId } = question
      const { tenantId } = requestContext()
      // an alias stands for its id here too
      const named = schemaId === undefined ? undefined : await stores.schemas.idOf(tenantId, schemaId)
      const { items, nextCursor } = await credentials.list({
        ...question,
        tenantId,
        schemaId: named ?? schemaId,
      })
      return { items: items.map(credentialRecord), nextCursor }
    },
    requireCredential: (input) => requireCredential(own, input),
    registrationProof: async (id) => registrationProof(await idWithinTenant(own.credentials, id)),
    credentialStatus: async (id) =>
      credentialStatus({ ...pipeline, ledger, finalityDepth }, await idWithinTenant(own.credentials, id)),
    changeStatus: changeNamed(credentials, statusChanger.change),
    verify: (input) => verifyCredential(verification, input),
  } satisfies Partial<Issuer>
}

function bindOffers({ config, stores, own, pipeline: { now } }: Wiring) {
  const { offers } = stores
  return {
    offer: async ({ credentialId, expiresInSeconds, issuers }) => {
      const record = await requireCredential(own, { credentialId, issuers })
      const offersUrl = `${config.publicUrl}/api/v1/offers`
      const wanted = { credentialId: record.credentialId, expiresInSeconds }
      const offer = await createOffer({ offers, offersUrl, now }, wanted)
      return { ...offer, qrCode: await qrCode(offer.url) }
    },
    collect: async (token) => {
      const credentialId = await collectOffer({ offers, now }, token)
      const { credential } = await requireCredential(stores, { credentialId, issuers: undefined })
      return { credentialId, credential }
    },
  } satisfies Partial<Issuer>
}
