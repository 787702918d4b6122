import { createHash, createHmac } from 'node:crypto'
import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import type { JsonObject } from '../../json.ts'
import type { LabelNodes } from '../selective-disclosure/labelled-quads.ts'
import type { DocumentLoader } from '../suite.ts'

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The hash of a proof's options: what canonicalizes is the proof without its value, in the document's contexts. */
async function hashOptions(
  document: JsonObject,
  proof: JsonObject,
  documentLoader: DocumentLoader,
): Promise<Buffer> {
  const { proofValue: _, ...options } = proof
  return sha256(await canonicalize({ '@context': document['@context'], ...options }, { documentLoader }))
}

/** What the issuer's key signs (Data Integrity ECDSA Cryptosuites 1.0, 3.5.1). */
export async function baseSignatureData(
  { document, proof, publicKey }: { document: JsonObject; proof: JsonObject; publicKey: Uint8Array },
  mandatory: readonly string[],
  documentLoader: DocumentLoader,
): Promise<Buffer> {
  const options = await hashOptions(document, proof, documentLoader)
  return Buffer.concat([options, publicKey, sha256(mandatory.join(''))])
}

/** Labels that tell nothing of the order of the nodes, to whoever does not have the key (3.4.4). */
export const hmacLabels =
  (hmacKey: Uint8Array): LabelNodes =>
  (canonical) =>
    new Map(
      canonical.map((label) => [
        label,
        `u${createHmac('sha256', hmacKey).update(label).digest('base64url')}`,
      ]),
    )
