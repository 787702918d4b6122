import { randomBytes, randomUUID } from 'node:crypto'
import { base58 } from '@scure/base'
import type { Resolvable } from 'did-resolver'
import { createAgent, jwtAgent } from '../../../node/agent/agent.ts'
import type { DidRecord, DidRecords } from '../../../node/agent/did-records.ts'
import { keyResolver } from '../../../node/did/key-resolver.ts'
import { resolveDid } from '../../../node/did/resolve-did.ts'
import { createDidResolver } from '../../../node/did/resolver.ts'
import type { CredentialContent, Format } from '../../../node/formats/format.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { type KeyStore, type KeyType, keyTypes, type Signer } from '../../../node/keys/key-store.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { createSoftwareKeyStore } from '../../../node/keys/software.ts'
import type { Address, DidChange, Hex, Ledger, StatusPurpose } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { schemaId, statusListId } from '../../../node/ledger/resource-id.ts'
import { deriveContext } from '../../../node/schemas/derive-context.ts'
import { hexDigest, jcsBytes, sriDigest } from '../../../node/schemas/digest.ts'
import { type OpenedSchema, openSchema } from '../../../node/schemas/open-schema.ts'
import { serializeSchemaDocument } from '../../../node/schemas/schema-document.ts'
import { statusEncodings } from '../../../node/status/index.ts'
import type { StatusEncoding } from '../../../node/status/status-list.ts'
import { openDatabase } from '../../../node/stores/database.ts'
import { createKeyTable } from '../../../node/stores/keys.ts'
import { signMessages } from '../../../node/suites/bbs/sign-messages.ts'
import { registryStatusTermsUrl } from '../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { AssertionKey, DataModel, ResolvedKey, Secured, Suite } from '../../../node/suites/suite.ts'
import type { VerificationDeps } from '../../../node/verification/verification.ts'
import type { TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const publicUrl = 'http://127.0.0.1:3000'
const capacity = 131_072
const year = 31_536_000
const purposes = ['revocation', 'suspension'] as const
const holderDid = 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2'
const multicodec: Record<KeyType, string> = {
  Ed25519: 'ed01',
  'P-256': '8024',
  'P-384': '8124',
  secp256k1: 'e701',
  Bls12381G2: 'eb01',
}

/** An issuer on the ledger: its keys stand in its DID document, the relayer writes for it. */
export interface LedgerIssuer {
  did: string
  identity: Address
  /** Its assertion key of a type. */
  key(type: KeyType): AssertionKey
  change(changes: readonly DidChange[]): Promise<void>
  deactivate(): Promise<void>
}

interface StatusWish {
  purpose: StatusPurpose
  index: number
  /** Number of the list, 1 when left out. */
  list?: number
}

interface SchemaWish {
  name: string
  type: string
  jsonSchema: JsonObject
  restricted?: boolean
  /** A JSON-LD context instead of the derived one, held by the ledger. */
  context?: JsonObject
}

/** What a credential is made of; the rest has its usual value. */
export interface Wish {
  issuer: LedgerIssuer
  schema: OpenedSchema
  claims: JsonObject
  proofType?: string
  keyType?: KeyType
  dataModel?: '1.1' | '2.0'
  holderDid?: string
  id?: string
  validFrom?: Date
  /** Null: for ever. */
  validUntil?: Date | null
  /** Indices in lists of the issuer. */
  status?: readonly StatusWish[]
  /** Name of the encoding of the status; BitstringStatusListEntry when left out. */
  statusEncoding?: string
  /** Changes the content before it is signed. */
  content?: (content: CredentialContent) => CredentialContent
}

/** Issuers, schemas and status lists on a real chain, and credentials signed by the real suites. */
export interface LedgerIssuers {
  ledger: Ledger
  deps: VerificationDeps
  createIssuer(): Promise<LedgerIssuer>
  registerSchema(issuer: LedgerIssuer, schema: SchemaWish): Promise<OpenedSchema>
  /** Opens a revocation and a suspension list for each number; one pair when left out. */
  openLists(issuer: LedgerIssuer, numbers?: readonly number[]): Promise<void>
  /** Sets or clears one bit of the issuer's first list. */
  setStatus(issuer: LedgerIssuer, purpose: StatusPurpose, index: number, value?: boolean): Promise<void>
  sign(wish: Wish): Promise<Secured>
  close(): Promise<void>
}

/** The newest second: credentials have no fractions of one. */
const justNow = () => new Date(Math.floor(Date.now() / 1000) * 1000)
/** One end for all: a child that is signed a second after its parent must not outlive it. */
const tomorrow = new Date(justNow().getTime() + 86_400_000)

/** Opens the ledger of a chain, with everything that verification and signing stand on. */
export async function openLedgerIssuers(
  chain: Pick<TestChain, 'rpcUrl' | 'registries'>,
): Promise<LedgerIssuers> {
  const ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 20 })
  const database = await openDatabase({ file: ':memory:' })
  const keyStore = createSoftwareKeyStore({
    table: createKeyTable(database),
    secrets: createSecretBox(randomBytes(32)),
    signMessages,
  })
  const { chainId, registries } = ledger
  const { didRegistry } = registries
  const resolver = createDidResolver({ rpcUrl: chain.rpcUrl, chainId, didRegistry })
  const records = new Map<string, DidRecord>()
  const dids: DidRecords = { get: async (did) => records.get(did), list: async () => [...records.values()] }
  const suites = createSuites({
    publicUrl,
    agent: jwtAgent(createAgent({ keyStore, dids, resolver })),
    digestSigners: keyStore.requireDigestSigner,
  })
  const versions = new Map<Hex, number>()

  return {
    ledger,
    deps: {
      formats,
      suites,
      statusEncodings,
      ledger,
      resolveDid: (did) => resolveDid(resolver, did),
      resolveKey: keyResolver(resolver),
      documentLoader: createDocumentLoader,
      now: () => new Date(),
    },
    createIssuer: () => createIssuer({ ledger, keyStore, records, resolver }),
    registerSchema: (issuer, schema) => registerSchema(ledger, issuer, schema),
    openLists: async (issuer, numbers = [1]) => {
      const lists = numbers.flatMap((number) =>
        purposes.map((purpose) => ({ issuer: issuer.identity, purpose, number, capacity, url: publicUrl })),
      )
      await ledger.statusLists.createLists(lists)
    },
    setStatus: async (issuer, purpose, index, value = true) => {
      const key = ledger.statusLists.keyOf({ issuer: issuer.identity, purpose, number: 1 })
      const expectedVersion = versions.get(key) ?? 0
      await ledger.statusLists.setStatusBatch([{ key, expectedVersion, indices: [index], value }])
      versions.set(key, expectedVersion + 1)
    },
    sign: (wish) => sign(suites, wish),
    close: async () => {
      await ledger.close()
      await database.destroy()
    },
  }
}

interface IssuerDeps {
  ledger: Ledger
  keyStore: KeyStore
  records: Map<string, DidRecord>
  resolver: Resolvable
}

const keyChange = ({ type, publicKey }: Signer): DidChange => ({
  kind: 'setAttribute',
  name: type === 'secp256k1' ? 'did/pub/Secp256k1/veriKey/hex' : 'did/pub/Multikey/veriKey/base58',
  value: type === 'secp256k1' ? publicKey : Buffer.concat([Buffer.from(multicodec[type], 'hex'), publicKey]),
  validity: year,
})

async function createIssuer(deps: IssuerDeps): Promise<LedgerIssuer> {
  const { ledger, keyStore, records, resolver } = deps
  const controller = digestSigner()
  const identity = controller.address
  const did = ledger.didOf(identity)
  const change = async (changes: readonly DidChange[]) => {
    await ledger.dids.applyChangesSigned({ identity, changes, sign: controller.signDigest })
  }
  const signers = await Promise.all(keyTypes.map((type) => keyStore.generate(type)))
  await change([
    ...signers.map(keyChange),
    { kind: 'addDelegate', type: 'schema', delegate: ledger.relayer, validity: year },
    { kind: 'addDelegate', type: 'status', delegate: ledger.relayer, validity: year },
  ])
  const document = (await resolveDid(resolver, did))?.document as JsonObject
  const methods = document.verificationMethod as ResolvedKey['verificationMethod'][]
  const keys = signers.map((signer) => {
    const { type, publicKey } = signer
    const multibase = `z${base58.encode(Buffer.concat([Buffer.from(multicodec[type], 'hex'), publicKey]))}`
    const hex = Buffer.from(publicKey).toString('hex')
    const method = methods.find(
      ({ publicKeyMultibase, publicKeyHex }) => publicKeyMultibase === multibase || publicKeyHex === hex,
    )
    return { verificationMethod: method?.id as string, signer }
  })
  records.set(did, {
    did,
    keys: keys.map(({ verificationMethod, signer: { keyRef, type } }) => ({
      verificationMethod,
      keyRef,
      type,
    })),
  })
  return {
    did,
    identity,
    key: (type) => keys.find(({ signer }) => signer.type === type) as AssertionKey,
    change,
    deactivate: () => change([{ kind: 'changeOwner', owner: `0x${'0'.repeat(40)}` }]),
  }
}

async function registerSchema(
  ledger: Ledger,
  issuer: LedgerIssuer,
  { name, type, jsonSchema, restricted = false, context }: SchemaWish,
): Promise<OpenedSchema> {
  const id = schemaId(issuer.did, name, '1.0')
  const document = context ?? deriveContext({ schemaId: id, type, jsonSchema }).document
  const bytes = jcsBytes(document)
  const url = `${publicUrl}/api/v1/contexts/${hexDigest(bytes)}.jsonld`
  const contexts = [{ url, digest: sriDigest(bytes), ...(context && { document }) }]
  const content = serializeSchemaDocument({ type, contexts, jsonSchema })
  const registered = { kind: 'json-schema', issuer: issuer.identity, name, version: '1.0' } as const
  const { digest } = await ledger.schemas.register({ ...registered, content, restricted })
  return openSchema({ schemaId: id, content, digest })
}

function statusEntries(
  { entries }: StatusEncoding,
  { did }: LedgerIssuer,
  { purpose, index, list = 1 }: StatusWish,
): readonly JsonObject[] {
  return entries({
    index,
    purposes: [purpose],
    lists: {
      revocation: statusListId(did, 'revocation', list),
      suspension: statusListId(did, 'suspension', list),
    },
    urlOf: (id) => `${publicUrl}/api/v1/status-lists/${encodeURIComponent(id)}`,
  })
}

async function sign(suites: readonly Suite[], wish: Wish): Promise<Secured> {
  const { issuer, schema, claims, proofType = 'eddsa-rdfc-2022', keyType = 'Ed25519', status = [] } = wish
  const suite = suites.find(({ name }) => name === proofType) as Suite
  const format = formats.find(({ name }) => name === suite.format) as Format
  const encoding = statusEncodings.find(
    ({ name }) => name === (wish.statusEncoding ?? 'BitstringStatusListEntry'),
  ) as StatusEncoding
  const dataModel = wish.dataModel ?? (suite.dataModels[0] as DataModel)
  const found = status.flatMap((entry) => statusEntries(encoding, issuer, entry))
  const contexts = [
    ...schema.contexts.map(({ url }) => url),
    ...(status.length > 0 ? encoding.contexts(dataModel, registryStatusTermsUrl(publicUrl)) : []),
    ...suite.contexts(dataModel),
  ]
  const content: CredentialContent = {
    dataModel,
    id: wish.id ?? `urn:uuid:${randomUUID()}`,
    contexts,
    type: schema.type,
    issuer: { id: issuer.did },
    holderDid: wish.holderDid ?? holderDid,
    claims,
    validFrom: wish.validFrom ?? justNow(),
    ...(wish.validUntil === null ? {} : { validUntil: wish.validUntil ?? tomorrow }),
    credentialStatus: encoding.place === 'entry' ? found : [],
    ...(encoding.place === 'claim' && found[0] && { status: found[0] }),
    credentialSchema: schema.credentialSchema.reference,
  }
  const documents = new Map(schema.contexts.map(({ url, document }) => [url, document]))
  const documentLoader = createDocumentLoader({ extra: async (url) => documents.get(url) })
  const document = format.construct(wish.content?.(content) ?? content)
  return suite.secure(document, { key: issuer.key(keyType), created: justNow(), documentLoader })
}
