import { generatePrivateKey } from '../anoncreds/issuer-key.ts'
import { createAnonCredsIssuer } from '../issuance/anoncreds-issuer.ts'
import type { Wiring } from '../issuer.ts'
import type { Job } from '../jobs/queue.ts'
import type { JsonObject } from '../json.ts'
import { createDefinitionKeys } from '../keys/definition-keys.ts'
import { limitAnonymous, makePresentationRequest, verifyAnswer } from '../presentation/anoncreds-requests.ts'
import type { AnonCredsDoor, WalletDoor } from '../protocols/anoncreds-door.ts'
import type { Issuer } from '../protocols/issuer.ts'
import { type AnonCredsRegistrarDeps, definitionJobName } from '../registrar/anoncreds/anoncreds-registrar.ts'
import {
  deactivateAnonCredsSchema,
  deactivateDefinition,
} from '../registrar/anoncreds/deactivate-anoncreds.ts'
import { viewDefinition } from '../registrar/anoncreds/definition-view.ts'
import { makeDefinitions } from '../registrar/anoncreds/make-definitions.ts'
import { orderDefinition } from '../registrar/anoncreds/order-definition.ts'
import {
  registerAnonCredsSchema,
  settleAnonCredsSchemas,
} from '../registrar/anoncreds/register-anoncreds-schema.ts'
import { createDefinitionStore, type DefinitionRow } from '../stores/anoncreds-definitions.ts'
import { type AnonCredsSchemaRow, createAnonCredsSchemaStore } from '../stores/anoncreds-schemas.ts'
import { createKeyTable } from '../stores/keys.ts'
import { createLinkSecretStore } from '../stores/link-secrets.ts'
import { createPresentationRequestStore } from '../stores/presentation-requests.ts'
import { createWalletCredentialStore } from '../stores/wallet-credentials.ts'
import { type AnonCredsResolver, createAnonCredsResolver } from '../verification/anoncreds-resolver.ts'
import { resolveAnonCredsSchema, resolveCredentialDefinition } from '../verification/anoncreds-resources.ts'
import { verifyAnonCreds } from '../verification/verify-anoncreds.ts'
import { createAnonCredsHolder } from '../wallet/anoncreds-holder.ts'
import { forgetHeld, listHeld, requireHeld } from '../wallet/held-credential.ts'
import { makeLinkSecret } from '../wallet/link-secret.ts'
import { presentAnonCreds } from '../wallet/present-anoncreds.ts'
import type { WalletDeps } from '../wallet/wallet.ts'
import type { Part } from './open-parts.ts'

/** Opens AnonCreds: issuers with their definitions, the wallet of holders, verifiers. */
export function openAnonCreds(wiring: Wiring) {
  const stopping = new AbortController()
  const registrar = registrarDeps(wiring)
  const resolver = createAnonCredsResolver(wiring.foundation.ledger)
  const wallet = walletDeps(wiring, resolver)
  const jobs: readonly Job[] = [
    {
      name: definitionJobName,
      // a key takes seconds: two processes would both make it
      exclusive: true,
      intervalMs: 5_000,
      run: () => makeDefinitions({ ...registrar, stopping: stopping.signal }),
    },
    { name: 'settle AnonCreds schemas', intervalMs: 10_000, run: () => settleAnonCredsSchemas(registrar) },
  ]
  const doors = {
    anoncreds: { ...issuerDoor(wiring, registrar), ...verifierDoor(wiring, resolver) },
    wallet: walletDoor(wallet),
  } satisfies Partial<Issuer>
  return {
    doors,
    jobs,
    close: async () => stopping.abort(),
    /** The two sides of an exchange of AnonCreds credentials. */
    roles: {
      issuer: createAnonCredsIssuer(registrar),
      holder: createAnonCredsHolder(wallet),
    },
  } satisfies Part & { roles: unknown }
}

function registrarDeps({ foundation, registrar, queue, pipeline }: Wiring): AnonCredsRegistrarDeps {
  const { database, room, ledger, secrets } = foundation
  const { now } = pipeline
  return {
    ledger,
    now,
    dids: registrar.dids,
    schemas: createAnonCredsSchemaStore(database, room),
    definitions: createDefinitionStore(database, room),
    keys: createDefinitionKeys({ table: createKeyTable(database), secrets, now }),
    generateKey: generatePrivateKey,
    notify: () => queue.notify(definitionJobName),
  }
}

const walletDeps = ({ foundation, pipeline }: Wiring, anonCreds: AnonCredsResolver): WalletDeps => ({
  anonCreds,
  linkSecrets: createLinkSecretStore(foundation.database, foundation.room),
  credentials: createWalletCredentialStore(foundation.database, foundation.room),
  secrets: foundation.secrets,
  now: pipeline.now,
})

function issuerDoor({ foundation: { ledger } }: Wiring, registrar: AnonCredsRegistrarDeps) {
  const { schemas, definitions } = registrar
  return {
    registerSchema: (input) => registerAnonCredsSchema(registrar, input),
    deactivateSchema: (input) => deactivateAnonCredsSchema(registrar, input),
    schema: async (schemaId) => {
      const { schema, head } = await resolveAnonCredsSchema(ledger, schemaId)
      return { schemaId, schema, digest: head.digest, active: head.active, registeredAt: head.time }
    },
    listSchemas: async (question) => {
      const { items, nextCursor } = await schemas.list(question)
      return { items: items.map(viewSchema), nextCursor }
    },
    orderDefinition: (order) => orderDefinition(registrar, order),
    deactivateDefinition: (input) => deactivateDefinition(registrar, input),
    definition: async ({ credDefId, tenantId }) => {
      const row = await definitions.get(credDefId)
      if (row && row.tenant_id === tenantId && row.state !== 'registered') return viewUnfinished(row)
      const { credentialDefinition, head } = await resolveCredentialDefinition(ledger, credDefId)
      const { schemaId, issuerId: issuerDid, tag } = credentialDefinition
      return {
        ...{ credDefId, schemaId, issuerDid, tag },
        credentialDefinition: credentialDefinition as JsonObject,
        ...{ state: 'registered', primes: 2, reason: null, transactionHash: row?.transaction_hash ?? null },
        ...{ digest: head.digest, active: head.active, registeredAt: head.time },
      }
    },
    listDefinitions: async (question) => {
      const { items, nextCursor } = await definitions.list(question)
      return { items: items.map(viewDefinition), nextCursor }
    },
  } satisfies Partial<AnonCredsDoor>
}

const viewSchema = (row: AnonCredsSchemaRow) => ({
  schemaId: row.schema_id,
  schema: JSON.parse(row.content),
  digest: row.digest,
  active: row.active === 1,
  registeredAt: row.created_at,
})

function viewUnfinished(row: DefinitionRow) {
  const { createdAt: _, ...view } = viewDefinition(row)
  return { ...view, registeredAt: null, credentialDefinition: null }
}

function verifierDoor({ foundation, pipeline: { now } }: Wiring, anonCreds: AnonCredsResolver) {
  const deps = {
    anonCreds,
    requests: createPresentationRequestStore(foundation.database, foundation.room),
    now,
  }
  const forAnybody = limitAnonymous(deps)
  return {
    makePresentationRequest: (input) => makePresentationRequest(deps, input),
    verifyAnswer: (input) => verifyAnswer(deps, input),
    verifyPresentation: ({ anonymous, ...input }) =>
      anonymous ? forAnybody(input) : verifyAnonCreds(deps, input),
  } satisfies Partial<AnonCredsDoor>
}

function walletDoor(deps: WalletDeps): WalletDoor {
  return {
    makeLinkSecret: (input) => makeLinkSecret(deps, input),
    listLinkSecrets: (tenantId) => deps.linkSecrets.list(tenantId),
    listCredentials: (question) => listHeld(deps, question),
    credential: (input) => requireHeld(deps, input),
    deleteCredential: (input) => forgetHeld(deps, input),
    present: (input) => presentAnonCreds(deps, input),
  }
}
