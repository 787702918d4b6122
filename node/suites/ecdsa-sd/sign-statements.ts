import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { groupQuads } from '../selective-disclosure/group-quads.ts'
import type { DocumentLoader } from '../suite.ts'
import { baseSignatureData, hmacLabels } from './statements.ts'

/** Multicodec p256-pub, as a varint. */
const p256 = Buffer.from('8024', 'hex')

/** What a document is signed with, but the key of its issuer. */
export interface StatementsInput {
  document: JsonObject
  proof: JsonObject
  mandatoryPointers: readonly string[]
}

/** A base proof without the signature of its issuer, which is to be made over `signed`. */
export interface SignedStatements {
  signed: Uint8Array
  publicKey: Uint8Array
  hmacKey: Uint8Array
  signatures: readonly Uint8Array[]
}

/**
 * Signs each quad that is not mandatory with a key of its own, which is gone when this returns (Data Integrity ECDSA
 * Cryptosuites 1.0, 3.6.5).
 */
export async function signStatements(
  { document, proof, mandatoryPointers }: StatementsInput,
  documentLoader: DocumentLoader,
): Promise<SignedStatements> {
  const hmacKey = randomBytes(32)
  const { quads, groups } = await groupQuads(document, {
    groups: { mandatory: mandatoryPointers },
    documentLoader,
    labelNodes: hmacLabels(hmacKey),
  })
  const { places } = groups.mandatory
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const point = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-64)
  const compressed = Buffer.concat([Buffer.of(2 + ((point[63] as number) & 1)), point.subarray(0, 32)])
  const publicKey = Buffer.concat([p256, compressed])
  const mandatory = quads.filter((_, place) => places.has(place))
  return {
    signed: await baseSignatureData({ document, proof, publicKey }, mandatory, documentLoader),
    publicKey,
    hmacKey,
    signatures: quads
      .filter((_, place) => !places.has(place))
      .map((quad) => sign('sha256', Buffer.from(quad), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })),
  }
}
