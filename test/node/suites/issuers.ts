import { createHash, randomBytes } from 'node:crypto'
import { base58 } from '@scure/base'
import { getDidKeyResolver } from '@veramo/did-provider-key'
import { type DIDDocument, type DIDResolutionResult, type DIDResolver, Resolver } from 'did-resolver'
import type { DidRecord, DidRecords } from '../../../node/agent/did-records.ts'
import { resolveDidKey } from '../../../node/did/did-key.ts'
import type { CredentialContent } from '../../../node/formats/format.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { KeyStore, KeyType } from '../../../node/keys/key-store.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { createSoftwareKeyStore } from '../../../node/keys/software.ts'
import { openDatabase } from '../../../node/stores/database.ts'
import { createKeyTable } from '../../../node/stores/keys.ts'
import { signMessages } from '../../../node/suites/bbs/sign-messages.ts'
import { contextDigest } from '../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import type { AssertionKey, KeyResolver, ResolvedKey } from '../../../node/suites/suite.ts'

const multicodec: Record<KeyType, string> = {
  Ed25519: 'ed01',
  'P-256': '8024',
  'P-384': '8124',
  secp256k1: 'e701',
  Bls12381G2: 'eb01',
}

/** A did:ethr document has several keys, in the forms that the normalised resolver gives; did:key has one. */
export type Method = 'ethr' | 'key'

/** An issuer with its assertion key. */
export interface TestIssuer {
  did: string
  key: AssertionKey
}

/** Key store, resolver and records of a few issuers, all real but the ledger. */
export interface Issuers {
  keyStore: KeyStore
  records: DidRecords
  resolver: Resolver
  resolveKey: KeyResolver
  resolveDidDocument(did: string): Promise<ResolvedKey['didDocument'] | undefined>
  create(method: Method, type: KeyType): Promise<TestIssuer>
  /** Changes a document, as a transaction on the ledger would. */
  edit(did: string, change: (document: DIDDocument) => void): void
  close(): Promise<void>
}

const resolution = (didDocument: DIDDocument | null): DIDResolutionResult => ({
  didDocument,
  didDocumentMetadata: {},
  didResolutionMetadata: didDocument ? {} : { error: 'notFound' },
})

function ethrDocument(did: string, key: AssertionKey): DIDDocument {
  const { publicKey, type } = key.signer
  const method =
    type === 'secp256k1'
      ? {
          id: `${did}#delegate-1`,
          type: 'EcdsaSecp256k1VerificationKey2019',
          controller: did,
          publicKeyHex: Buffer.from(publicKey).toString('hex'),
        }
      : { id: `${did}#delegate-1`, type: 'Multikey', controller: did, publicKeyMultibase: multibase(key) }
  const controller = {
    id: `${did}#controller`,
    type: 'EcdsaSecp256k1RecoveryMethod2020',
    controller: did,
    blockchainAccountId: `eip155:31337:${did.slice(-42)}`,
  }
  return {
    '@context': [
      'https://www.w3.org/ns/did/v1',
      'https://w3id.org/security/suites/secp256k1recovery-2020/v2',
    ],
    id: did,
    verificationMethod: [controller, method],
    authentication: [controller.id],
    assertionMethod: [controller.id, method.id],
  }
}

const multibase = ({ signer: { type, publicKey } }: AssertionKey): string =>
  `z${base58.encode(Buffer.concat([Buffer.from(multicodec[type], 'hex'), publicKey]))}`

const { key: veramoDidKey } = getDidKeyResolver() as unknown as { key: DIDResolver }
// BLS12-381 keys begin with zUC7, and one of some hundred with zUC6
const unknownToVeramo = /^did:key:z(82|UC[67])/

/** By Veramo's resolver; of P-384 and BLS12-381 it knows nothing. */
const resolveKeyDid: DIDResolver = (did, ...rest) =>
  (unknownToVeramo.test(did) ? resolveDidKey : veramoDidKey)(did, ...rest)

export function resolveKeyWith(resolver: Resolver): KeyResolver {
  return async (verificationMethod) => {
    const { didDocument } = await resolver.resolve(verificationMethod.split('#')[0] as string)
    const method = didDocument?.verificationMethod?.find(({ id }) => id === verificationMethod)
    if (!didDocument || !method) return undefined
    return { verificationMethod: method, didDocument, deactivated: false } as unknown as ResolvedKey
  }
}

export async function openIssuers(): Promise<Issuers> {
  const database = await openDatabase({ file: ':memory:' })
  const keyStore = createSoftwareKeyStore({
    table: createKeyTable(database),
    secrets: createSecretBox(randomBytes(32)),
    signMessages,
  })
  const documents = new Map<string, DIDDocument>()
  const records = new Map<string, DidRecord>()
  const resolver = new Resolver({
    // Typed against did-resolver 4.
    key: resolveKeyDid,
    ethr: async (did) => resolution(documents.get(did) ?? null),
  })
  return {
    keyStore,
    resolver,
    resolveKey: resolveKeyWith(resolver),
    resolveDidDocument: async (did) =>
      ((await resolver.resolve(did)).didDocument ?? undefined) as ResolvedKey['didDocument'] | undefined,
    records: { get: async (did) => records.get(did), list: async () => [...records.values()] },
    create: async (method, type) => {
      const signer = await keyStore.generate(type)
      const publicKey = multibase({ verificationMethod: '', signer })
      const address = createHash('sha256').update(signer.publicKey).digest('hex').slice(0, 40)
      const did = method === 'key' ? `did:key:${publicKey}` : `did:ethr:0x7a69:0x${address}`
      const verificationMethod = method === 'key' ? `${did}#${publicKey}` : `${did}#delegate-1`
      const key = { verificationMethod, signer }
      if (method === 'ethr') documents.set(did, ethrDocument(did, key))
      records.set(did, { did, keys: [{ verificationMethod, keyRef: signer.keyRef, type }] })
      return { did, key }
    },
    edit: (did, change) => {
      const document = structuredClone(documents.get(did) as DIDDocument)
      change(document)
      documents.set(did, document)
    },
    close: () => database.destroy(),
  }
}

/** Context of a schema, at a content-addressed URL as the node serves it. */
export const degreeContext: JsonObject = {
  '@context': {
    '@version': 1.1,
    '@protected': true,
    id: '@id',
    type: '@type',
    UniversityDegreeCredential: 'https://example.org/terms#UniversityDegreeCredential',
    degree: {
      '@id': 'https://example.org/terms#degree',
      '@context': {
        '@protected': true,
        BachelorDegree: 'https://example.org/terms#BachelorDegree',
        name: 'https://schema.org/name',
        gpa: { '@id': 'https://example.org/terms#gpa', '@type': 'http://www.w3.org/2001/XMLSchema#double' },
        graduationYear: {
          '@id': 'https://example.org/terms#graduationYear',
          '@type': 'http://www.w3.org/2001/XMLSchema#integer',
        },
        honours: { '@id': 'https://example.org/terms#honours', '@container': '@list' },
      },
    },
  },
}
export const degreeContextUrl = `http://127.0.0.1:3000/api/v1/contexts/${contextDigest(degreeContext)}.jsonld`
export const documentLoader = createDocumentLoader({
  extra: async (url) => (url === degreeContextUrl ? degreeContext : undefined),
})

export const now = new Date('2026-03-28T10:00:00Z')

/** A credential with everything in it, to be completed by the suite's contexts. */
export function degree(issuer: string, content: Partial<CredentialContent> = {}): CredentialContent {
  return {
    dataModel: '2.0',
    id: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479',
    contexts: [degreeContextUrl],
    type: 'UniversityDegreeCredential',
    issuer: { id: issuer, name: 'MIT' },
    holderDid: 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2',
    claims: {
      degree: {
        type: 'BachelorDegree',
        name: 'Bachelor of Science in Computer Science',
        graduationYear: 2025,
        gpa: 3.8,
        honours: ['first', 'second'],
      },
    },
    validFrom: now,
    validUntil: new Date('2030-12-31T23:59:59Z'),
    credentialStatus: [
      {
        id: `${issuer}/status/revocation/1#94567`,
        type: 'BitstringStatusListEntry',
        statusPurpose: 'revocation',
        statusListIndex: '94567',
        statusListCredential: 'http://127.0.0.1:3000/api/v1/status-lists/1',
      },
    ],
    credentialSchema: {
      id: `${issuer}/schema/university-degree/1.0`,
      type: 'JsonSchema',
      digestSRI: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    },
    credentialType: {
      vct: `http://127.0.0.1:3000/api/v1/types/${encodeURIComponent(`${issuer}/schema/university-degree/1.0`)}/UniversityDegreeCredential`,
      integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    },
    ...content,
  }
}
