import { type Cbor, decodeCbor, encodeCbor } from '../tokens/cbor.ts'

/** Longer than the proof value of any document that is taken in. */
const maxLength = 1_000_000
const signatureBytes = 64
const publicKeyBytes = 35
const hmacBytes = 32

/** CBOR tags 0x5d00 and 0x5d01 (Data Integrity ECDSA Cryptosuites 1.0, 3.5.2 and 3.5.7). */
const baseTag = Buffer.from('d95d00', 'hex')
const derivedTag = Buffer.from('d95d01', 'hex')
/** Byte strings by tag 64 (RFC 8746, 2.1), as some write them. */
const tags = [64]

interface ProofValue {
  baseSignature: Uint8Array
  /** Multikey of the key pair that was made for this proof alone, 35 bytes. */
  publicKey: Uint8Array
  /** One for each quad that is not mandatory. */
  signatures: readonly Uint8Array[]
}

/** What the issuer gives to the holder. */
export interface BaseProofValue extends ProofValue {
  hmacKey: Uint8Array
  mandatoryPointers: readonly string[]
}

/** What the holder gives to a verifier. */
export interface DerivedProofValue extends ProofValue {
  /** From the canonical labels of the derived document to those that were signed. */
  labels: ReadonlyMap<string, string>
  /** Places of the mandatory quads among all of them. */
  mandatoryIndexes: readonly number[]
}

const serialize = (tag: Uint8Array, payload: Cbor): string =>
  `u${Buffer.concat([tag, encodeCbor(payload)]).toString('base64url')}`

/** The operation serializeBaseProofValue (3.5.2). */
export function serializeBaseProof(value: BaseProofValue): string {
  const { baseSignature, publicKey, hmacKey, signatures, mandatoryPointers } = value
  return serialize(baseTag, [baseSignature, publicKey, hmacKey, signatures, mandatoryPointers])
}

/** The operation serializeDerivedProofValue (3.5.7). */
export function serializeDerivedProof(value: DerivedProofValue): string {
  const { baseSignature, publicKey, signatures, labels, mandatoryIndexes } = value
  const compressed = [...labels].map(
    ([canonical, label]) => [Number(canonical.slice('c14n'.length)), fromBase64url(label.slice(1))] as const,
  )
  const payload = [baseSignature, publicKey, signatures, new Map(compressed), mandatoryIndexes]
  return serialize(derivedTag, payload as Cbor)
}

/** Whether a proof value is one that holders derive from. */
export const isBaseProof = (proofValue: string): boolean => payloadOf(proofValue, baseTag) !== undefined

/** The operation parseBaseProofValue (3.5.3); undefined for everything else. */
export function parseBaseProof(proofValue: string): BaseProofValue | undefined {
  const [baseSignature, publicKey, hmacKey, signatures, mandatoryPointers] =
    payloadOf(proofValue, baseTag) ?? []
  const isComplete =
    isBytes(baseSignature, signatureBytes) &&
    isBytes(publicKey, publicKeyBytes) &&
    isBytes(hmacKey, hmacBytes) &&
    isListOf(signatures, (item) => isBytes(item, signatureBytes)) &&
    isListOf(mandatoryPointers, (item) => typeof item === 'string')
  if (!isComplete) return undefined
  return { baseSignature, publicKey, hmacKey, signatures, mandatoryPointers } as BaseProofValue
}

/** The operation parseDerivedProofValue (3.5.8); undefined for everything else. */
export function parseDerivedProof(proofValue: string): DerivedProofValue | undefined {
  const [baseSignature, publicKey, signatures, labelMap, mandatoryIndexes] =
    payloadOf(proofValue, derivedTag) ?? []
  const labels = parseLabels(labelMap)
  const isComplete =
    isBytes(baseSignature, signatureBytes) &&
    isBytes(publicKey, publicKeyBytes) &&
    isListOf(signatures, (item) => isBytes(item, signatureBytes)) &&
    labels !== undefined &&
    isListOf(mandatoryIndexes, isIndex)
  if (!isComplete) return undefined
  return { baseSignature, publicKey, signatures, labels, mandatoryIndexes } as DerivedProofValue
}

function payloadOf(proofValue: string, tag: Uint8Array): readonly Cbor[] | undefined {
  if (proofValue.length > maxLength || !/^u[\w-]+$/.test(proofValue)) return undefined
  const bytes = fromBase64url(proofValue.slice(1))
  // no text has a twin
  if (bytes.toString('base64url') !== proofValue.slice(1)) return undefined
  if (Buffer.compare(bytes.subarray(0, tag.length), tag) !== 0) return undefined
  const payload = decodeCbor(bytes.subarray(tag.length), tags)
  return Array.isArray(payload) && payload.length === 5 ? payload : undefined
}

const fromBase64url = (text: string): Buffer => Buffer.from(text, 'base64url')

const isBytes = (value: Cbor | undefined, length: number): boolean =>
  value instanceof Uint8Array && value.length === length

const isIndex = (value: Cbor): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0

const isListOf = (value: Cbor | undefined, isItem: (item: Cbor) => boolean): boolean =>
  Array.isArray(value) && value.every(isItem)

/** The operation decompressLabelMap (3.5.6). Two nodes of one label would be one node that the holder has split. */
function parseLabels(value: Cbor | undefined): ReadonlyMap<string, string> | undefined {
  if (!(value instanceof Map)) return undefined
  const entries = [...(value as ReadonlyMap<Cbor, Cbor>)]
  if (!entries.every(([index, label]) => isIndex(index) && isBytes(label, hmacBytes))) return undefined
  const labels = new Map(
    entries.map(([index, label]) => [
      `c14n${index}`,
      `u${Buffer.from(label as Uint8Array).toString('base64url')}`,
    ]),
  )
  return new Set(labels.values()).size === entries.length ? labels : undefined
}
