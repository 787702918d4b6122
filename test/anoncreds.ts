import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCredentialDefinition } from '../node/anoncreds/anoncreds.ts'
import type { StorableCredential } from '../node/anoncreds/roles.ts'
import { createAnonCredsIssuer } from '../node/issuance/anoncreds-issuer.ts'
import { createDefinitionKeys } from '../node/keys/definition-keys.ts'
import { keyEncryptionKey } from '../node/keys/key-encryption-key.ts'
import { createSecretBox } from '../node/keys/secret-box.ts'
import { openLedger } from '../node/ledger/open-ledger.ts'
import { hexDigest, jcsBytes } from '../node/schemas/digest.ts'
import { createDefinitionStore } from '../node/stores/anoncreds-definitions.ts'
import { type DatabaseLocation, openDatabase } from '../node/stores/database.ts'
import { databaseFile } from '../node/stores/database-file.ts'
import { createKeyTable } from '../node/stores/keys.ts'
import { createLinkSecretStore } from '../node/stores/link-secrets.ts'
import { createWalletCredentialStore } from '../node/stores/wallet-credentials.ts'
import { createAnonCredsResolver } from '../node/verification/anoncreds-resolver.ts'
import { createAnonCredsHolder } from '../node/wallet/anoncreds-holder.ts'
import type { TestChain } from './chain.ts'

/** Keys of the fixtures, each of two safe primes; making one takes seconds. */
export const fixtureKeys: readonly { value: { p_key: { p: string; q: string }; r_key: null } }[] = JSON.parse(
  readFileSync(new URL('./vectors/anoncreds/reference.json', import.meta.url), 'utf8'),
).cases.map(({ prepared }: { prepared: { privateKey: never } }) => prepared.privateKey)

/** A node, whichever process it runs in. */
interface NodeBeside {
  chain: Pick<TestChain, 'rpcUrl' | 'registries'>
  dataDir: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  call(method: string, path: string, options?: { body?: unknown }): Promise<{ body: any }>
}

/** Both sides of an exchange, on the database of a node. */
export type AnonCredsParties = Awaited<ReturnType<typeof openAnonCredsParties>>

/**
 * Opens issuer and holder beside a node, on its database and its chain, as an exchange inside it would use them.
 * `location` where it is not the file in the node's directory.
 */
export async function openAnonCredsParties(node: NodeBeside, location?: DatabaseLocation) {
  const database = await openDatabase(location ?? { file: databaseFile(node.dataDir) })
  const file = join(node.dataDir, 'key-encryption.key')
  const secrets = createSecretBox(await keyEncryptionKey({ value: undefined, file }))
  const ledger = await openLedger({ rpcUrl: node.chain.rpcUrl, registries: node.chain.registries })
  const now = () => new Date()
  const keys = createDefinitionKeys({ table: createKeyTable(database), secrets, now })
  const definitions = createDefinitionStore(database)
  const issuer = createAnonCredsIssuer({ ledger, definitions, keys })
  const anonCreds = createAnonCredsResolver(ledger)
  const holder = createAnonCredsHolder({
    ...{ anonCreds, secrets, now },
    linkSecrets: createLinkSecretStore(database),
    credentials: createWalletCredentialStore(database),
  })

  /** All steps of issuing, to the wallet. */
  async function issue(input: {
    credDefId: string
    values: Record<string, string>
    tenantId?: string
    linkSecretName?: string
  }): Promise<StorableCredential> {
    const { credDefId, values, tenantId = 'default', linkSecretName } = input
    const offer = await issuer.createOffer({ tenantId: 'default', credDefId })
    const { request, sealedMetadata } = await holder.createRequest({ tenantId, offer, linkSecretName })
    const credential = await issuer.createCredential({ tenantId: 'default', offer, request, values })
    const row = await holder.processCredential({ tenantId, credential, request, sealedMetadata })
    await database.transaction().execute((trx) => holder.insert(trx, row))
    return row
  }

  /**
   * A definition on the ledger, by a key of the fixtures: what `POST /anoncreds/cred-defs` does, but for the primes.
   */
  async function define(input: {
    issuerDid: string
    schemaId: string
    tag?: string
    key?: number
  }): Promise<string> {
    const { issuerDid, schemaId, tag = randomUUID(), key = 0 } = input
    const credDefId = await make({ issuerDid, schemaId, tag, key })
    // the same order again finds this one and has it brought onto the ledger
    await node.call('POST', '/api/v1/anoncreds/cred-defs', { body: { issuerDid, schemaId, tag } })
    await registered(node, credDefId)
    return credDefId
  }

  /** Makes a definition, ordered or not, by a key of the fixtures; the node brings it onto the ledger. */
  async function make({
    issuerDid,
    schemaId,
    tag,
    key = 0,
  }: {
    issuerDid: string
    schemaId: string
    tag: string
    key?: number
  }): Promise<string> {
    const schema = await anonCreds.schema(schemaId)
    const credDefId = `${issuerDid}/anoncreds/v0/CLAIM_DEF/${schema.issuerId}:${schema.name}:${schema.version}/${tag}`
    const named = { cred_def_id: credDefId, issuer_did: issuerDid, schema_id: schemaId, tag }
    await definitions.insert({ ...named, tenant_id: 'default', created_at: now().toISOString() })
    const privateKey = fixtureKeys[key] as (typeof fixtureKeys)[number]
    const made = await createCredentialDefinition({
      ...{ schema, schemaId, issuerId: issuerDid, tag, privateKey },
    })
    const content = jcsBytes(made.credentialDefinition as never)
    const digest = `0x${hexDigest(content)}`
    const row = keys.seal(new TextEncoder().encode(JSON.stringify(privateKey)), digest)
    const kept = {
      ...{ key_ref: row.key_ref, digest, content: new TextDecoder().decode(content) },
      key_correctness_proof: JSON.stringify(made.keyCorrectnessProof),
    }
    if (!(await definitions.keep(credDefId, kept, row))) throw new Error('The node was faster.')
    return credDefId
  }

  return {
    ...{ issuer, holder, database, secrets, definitions, ledger, issue, define, make },
    close: async () => {
      await ledger.close()
      await database.destroy()
    },
  }
}

/** Waits until a definition is on the ledger; its view. */
export async function registered(node: Pick<NodeBeside, 'call'>, credDefId: string) {
  for (;;) {
    const { body } = await node.call('GET', `/api/v1/anoncreds/cred-defs/${encodeURIComponent(credDefId)}`)
    if (body.state === 'registered') return body
    if (body.state !== 'generating' && body.state !== 'made') throw new Error(JSON.stringify(body))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
