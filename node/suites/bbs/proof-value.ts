import { base64urlnopad } from '@scure/base'
import { type Cbor, decodeCbor, encodeCbor } from '../../tokens/cbor.ts'
import { maxMessages } from './generators.ts'

/** Longer than any proof value with `maxMessages`. */
const maxLength = 65_536

/** CBOR tags 0x5d02 and 0x5d03 (Data Integrity BBS Cryptosuites 1.0, 3.3). */
const baseTag = Buffer.from('d95d02', 'hex')
const derivedTag = Buffer.from('d95d03', 'hex')

/** What the issuer gives to the holder. */
export interface BaseProofValue {
  signature: Uint8Array
  header: Uint8Array
  publicKey: Uint8Array
  hmacKey: Uint8Array
  mandatoryPointers: readonly string[]
}

/** What the holder gives to a verifier. */
export interface DerivedProofValue {
  proof: Uint8Array
  /** From the number of a canonical blank node to its shuffled one. */
  labels: ReadonlyMap<number, number>
  mandatoryIndexes: readonly number[]
  selectiveIndexes: readonly number[]
  presentationHeader: Uint8Array
}

const serialize = (tag: Uint8Array, payload: readonly Cbor[]): string =>
  `u${base64urlnopad.encode(Buffer.concat([tag, encodeCbor(payload)]))}`

/** The operation serializeBaseProofValue (Data Integrity BBS Cryptosuites 1.0, 3.3.1), without optional features. */
export function serializeBaseProof(value: BaseProofValue): string {
  const { signature, header, publicKey, hmacKey, mandatoryPointers } = value
  const octets = [signature, header, publicKey, hmacKey].map((part) => Uint8Array.from(part))
  return serialize(baseTag, [...octets, mandatoryPointers])
}

/** The operation serializeDerivedProofValue (Data Integrity BBS Cryptosuites 1.0, 3.3.6). */
export function serializeDerivedProof(value: DerivedProofValue): string {
  const { proof, labels, mandatoryIndexes, selectiveIndexes, presentationHeader } = value
  return serialize(derivedTag, [
    Uint8Array.from(proof),
    labels,
    mandatoryIndexes,
    selectiveIndexes,
    Uint8Array.from(presentationHeader),
  ])
}

/** Byte strings by tag 64 (RFC 8746, 2.1), as some write them. */
const tags = [64]

function octetsOf(proofValue: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(proofValue.slice(1))
  } catch {
    return undefined
  }
}

function payloadOf(proofValue: string, tag: Uint8Array): readonly unknown[] | undefined {
  if (proofValue.length > maxLength || !proofValue.startsWith('u')) return undefined
  const octets = octetsOf(proofValue)
  if (!octets || Buffer.compare(octets.subarray(0, 3), tag) !== 0) return undefined
  const payload = decodeCbor(octets.subarray(3), tags)
  return Array.isArray(payload) && payload.length === 5 ? payload : undefined
}

const isOctets = (value: unknown, length?: number): value is Uint8Array =>
  value instanceof Uint8Array && (length === undefined || value.length === length)

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0

const areIndexes = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length <= 8 * maxMessages &&
  value.every((index, i) => isCount(index) && (i === 0 || index > value[i - 1]))

/** Two nodes under one label would be one node to the signature. */
const areLabels = (value: unknown): value is Map<number, number> =>
  value instanceof Map &&
  value.size <= 8 * maxMessages &&
  [...value].flat().every(isCount) &&
  new Set(value.values()).size === value.size

/** Whether a proof value is of the kind that only holders have any use for. */
export function isBaseProofValue(proofValue: string): boolean {
  return payloadOf(proofValue, baseTag) !== undefined
}

/** Reads a base proof value; undefined when it is none. */
export function parseBaseProof(proofValue: string): BaseProofValue | undefined {
  const [signature, header, publicKey, hmacKey, pointers] = payloadOf(proofValue, baseTag) ?? []
  if (!isOctets(signature, 80) || !isOctets(header, 64) || !isOctets(publicKey, 96)) return undefined
  if (!isOctets(hmacKey, 32) || !Array.isArray(pointers)) return undefined
  if (!pointers.every((pointer) => typeof pointer === 'string')) return undefined
  return { signature, header, publicKey, hmacKey, mandatoryPointers: pointers }
}

/** Reads a derived proof value; undefined when it is none. */
export function parseDerivedProof(proofValue: string): DerivedProofValue | undefined {
  const [proof, labels, mandatoryIndexes, selectiveIndexes, presentationHeader] =
    payloadOf(proofValue, derivedTag) ?? []
  if (!isOctets(proof) || !isOctets(presentationHeader) || !areLabels(labels)) return undefined
  if (!areIndexes(mandatoryIndexes) || !areIndexes(selectiveIndexes)) return undefined
  return { proof, labels, mandatoryIndexes, selectiveIndexes, presentationHeader }
}
