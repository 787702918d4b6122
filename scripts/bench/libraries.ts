import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { contexts as credentialsContexts } from '@digitalbazaar/credentials-context'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import dataIntegrityContext from '@digitalbazaar/data-integrity-context'
import { createSignCryptosuite as createEcdsaJcs } from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import { createSignCryptosuite as createEcdsaSd } from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import { createSignCryptosuite as createEddsaJcs } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { issue } from '@digitalbazaar/vc'
import { contexts as statusContexts } from '@digitalbazaar/vc-bitstring-status-list-context'
import { SDJwtInstance } from '@sd-jwt/core'
import ed25519Context from 'ed25519-signature-2020-context'
import { SignJWT } from 'jose'
import type { JsonObject } from '../../node/json.ts'
import type { KeyType } from '../../node/keys/key-store.ts'
import { rateOf } from './load.ts'

const curves = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', secp256k1: 'secp256k1' } as const

function privateKey(type: KeyType): KeyObject {
  if (type === 'Bls12381G2') throw new TypeError('node:crypto has no such keys.')
  if (type === 'Ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: curves[type] }).privateKey
}

/**
 * Signatures a second of node:crypto over 64 bytes, as many as a data integrity proof signs; one thread. Undefined for
 * keys that it does not have.
 */
export function rawSigningRate(type: KeyType, count: number): number | undefined {
  if (type === 'Bls12381G2') return undefined
  const key = privateKey(type)
  const digest = type === 'Ed25519' ? null : type === 'P-384' ? 'sha384' : 'sha256'
  const message = randomBytes(64)
  // an object around the key takes half as much again of an Ed25519 signature; ECDSA needs it for its encoding
  const input = type === 'Ed25519' ? key : { key, dsaEncoding: 'ieee-p1363' as const }
  const run = (times: number) => {
    for (let i = 0; i < times; i++) sign(digest, message, input)
  }
  run(count / 10)
  const started = performance.now()
  run(count)
  return rateOf(count, started)
}

const published = new Map<string, object>([
  ...credentialsContexts,
  ...statusContexts,
  ...dataIntegrityContext.contexts,
  ...ed25519Context.contexts,
])

/** What is signed, again and again. */
interface Work {
  document: JsonObject
  type: KeyType
  verificationMethod: string
  contexts: ReadonlyMap<string, object>
}

/** Signs a copy of the document with another id. */
type SignOnce = (id: string) => Promise<unknown>

const digestOf = { Ed25519: null, 'P-256': 'sha256', 'P-384': 'sha384', secp256k1: 'sha256' } as const

/** A key of node:crypto as the libraries call it. */
function signerOf({ type, verificationMethod }: Work): LibrarySigner {
  const key = privateKey(type)
  const digest = type === 'Bls12381G2' ? null : digestOf[type]
  return {
    id: verificationMethod,
    algorithm: type,
    sign: async ({ data }) => sign(digest, data, { key, dsaEncoding: 'ieee-p1363' }),
  }
}

/** `vc.issue` of Digital Bazaar. */
function byDigitalBazaar(suiteFor: (signer: LibrarySigner) => unknown): (work: Work) => SignOnce {
  return (work) => {
    const signer = signerOf(work)
    return (id) =>
      issue({
        credential: { ...work.document, id },
        suite: suiteFor(signer),
        documentLoader: async (url) => ({
          ...{ contextUrl: null, documentUrl: url },
          document: work.contexts.get(url),
        }),
      })
  }
}

const byCryptosuite = (create: () => unknown) =>
  byDigitalBazaar((signer) => new DataIntegrityProof({ cryptosuite: create(), signer }))

const joseAlgorithms = { Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384' } as const

/** The plain payload of a token by jose, which knows no secp256k1. */
function byJose({ document, type, verificationMethod }: Work): SignOnce {
  const key = privateKey(type)
  const alg = joseAlgorithms[type as keyof typeof joseAlgorithms]
  return (id) =>
    new SignJWT({ ...document, id }).setProtectedHeader({ alg, kid: verificationMethod }).sign(key)
}

/** Claims of the degree as disclosures, by @sd-jwt/core. */
function bySdJwt(work: Work): SignOnce {
  const signer = signerOf(work)
  const library = new SDJwtInstance({
    signer: async (data) => Buffer.from(await signer.sign({ data: Buffer.from(data) })).toString('base64url'),
    signAlg: joseAlgorithms[work.type as keyof typeof joseAlgorithms],
    hasher: (data) =>
      createHash('sha256')
        .update(Buffer.from(data as string))
        .digest(),
    hashAlg: 'sha-256',
    saltGenerator: async (length) => randomBytes(length).toString('base64url'),
  })
  const frame = {
    credentialSubject: { degree: { _sd: ['type', 'name', 'university', 'graduationYear', 'gpa'] } },
  }
  return (id) => library.issue({ ...work.document, id }, frame as never)
}

/** How an independent library signs, by proof type. */
const libraries: Readonly<Record<string, (work: Work) => SignOnce>> = {
  Ed25519Signature2020: byDigitalBazaar((signer) => new Ed25519Signature2020({ signer })),
  'eddsa-rdfc-2022': byCryptosuite(() => eddsaRdfc),
  'eddsa-jcs-2022': byCryptosuite(createEddsaJcs),
  'ecdsa-rdfc-2019': byCryptosuite(() => ecdsaRdfc),
  'ecdsa-jcs-2019': byCryptosuite(createEcdsaJcs),
  'ecdsa-sd-2023': byCryptosuite(() => createEcdsaSd({ mandatoryPointers: ['/issuer'] })),
  'vc+jwt': byJose,
  'vc+sd-jwt': bySdJwt,
}

/**
 * Credentials a second of an independent library over a document that the node issued: a key of node:crypto, contexts
 * in memory, one after the other. Undefined where no library is measured here.
 */
export async function libraryRate(
  { document, verificationMethod }: Pick<Work, 'document' | 'verificationMethod'>,
  { proofType, key }: { proofType: string; key: KeyType },
  count: number,
): Promise<number | undefined> {
  const library = libraries[proofType]
  if (!library) return undefined
  const urls = [document['@context'] ?? []].flat() as string[]
  const contexts = new Map(published)
  for (const url of urls.filter((name) => !published.has(name))) {
    contexts.set(url, (await (await fetch(url)).json()) as object)
  }
  const signOnce = library({ document, type: key, verificationMethod, contexts })
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await signOnce(`urn:uuid:00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)
    }
  }
  await run(Math.ceil(count / 10))
  const started = performance.now()
  await run(count)
  return rateOf(count, started)
}
