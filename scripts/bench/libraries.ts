import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { contexts as credentialsContexts } from '@digitalbazaar/credentials-context'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import dataIntegrityContext from '@digitalbazaar/data-integrity-context'
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import { createSignCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as rdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { issue } from '@digitalbazaar/vc'
import { contexts as statusContexts } from '@digitalbazaar/vc-bitstring-status-list-context'
import ed25519Context from 'ed25519-signature-2020-context'
import type { JsonObject } from '../../node/json.ts'
import type { MessageKeyType } from '../../node/keys/key-store.ts'
import { rateOf } from './load.ts'

const curves = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', secp256k1: 'secp256k1' } as const

function privateKey(type: MessageKeyType): KeyObject {
  if (type === 'Ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: curves[type] }).privateKey
}

/** Signatures a second of node:crypto over 64 bytes, as many as a data integrity proof signs; one thread. */
export function rawSigningRate(type: MessageKeyType, count: number): number {
  const key = privateKey(type)
  const digest = type === 'Ed25519' ? null : type === 'P-384' ? 'sha384' : 'sha256'
  const message = randomBytes(64)
  const run = (times: number) => {
    for (let i = 0; i < times; i++) sign(digest, message, { key, dsaEncoding: 'ieee-p1363' })
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

type Suite = (signer: LibrarySigner) => unknown

/** Digital Bazaar's own way to sign, by proof type. */
const suites: Readonly<Record<string, Suite>> = {
  Ed25519Signature2020: (signer) => new Ed25519Signature2020({ signer }),
  'eddsa-rdfc-2022': (signer) => new DataIntegrityProof({ cryptosuite: rdfc, signer }),
  'eddsa-jcs-2022': (signer) => new DataIntegrityProof({ cryptosuite: createSignCryptosuite(), signer }),
}

/**
 * Credentials a second of `vc.issue` over a credential that the node issued, without its proof: the same document,
 * a key of node:crypto, contexts in memory, one after the other. Undefined where the library has no such proof type.
 */
export async function libraryRate(
  credential: JsonObject | string,
  proofType: string,
  count: number,
): Promise<number | undefined> {
  const suite = suites[proofType]
  if (!suite || typeof credential === 'string') return undefined
  const { proof, ...document } = credential as { proof: JsonObject } & JsonObject
  const urls = [document['@context'] ?? []].flat() as string[]
  const contexts = new Map(published)
  for (const url of urls.filter((name) => !published.has(name))) {
    contexts.set(url, (await (await fetch(url)).json()) as object)
  }
  const key = privateKey('Ed25519')
  const signer: LibrarySigner = {
    id: String(proof.verificationMethod),
    algorithm: 'Ed25519',
    sign: async ({ data }) => sign(null, data, key),
  }
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await issue({
        credential: { ...document, id: `urn:uuid:00000000-0000-4000-8000-${String(i).padStart(12, '0')}` },
        suite: suite(signer),
        documentLoader: async (url) => ({ contextUrl: null, documentUrl: url, document: contexts.get(url) }),
      })
    }
  }
  await run(Math.ceil(count / 10))
  const started = performance.now()
  await run(count)
  return rateOf(count, started)
}
