import { type Cbor, type CborMap, decodeCbor, encodeCbor } from './cbor.ts'

/** A COSE_Sign1 taken apart (RFC 9052, 4.2); nothing in it has been verified. */
export interface CoseSign1 {
  protectedHeader: CborMap
  unprotectedHeader: CborMap
  payload: Uint8Array
  /** What the signature covers: the Sig_structure (RFC 9052, 4.4). */
  toBeSigned: Uint8Array
  signature: Uint8Array
}

const TAG = 18

/** The Sig_structure of one signature without external data (RFC 9052, 4.4). */
export function signStructure(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedBytes, new Uint8Array(), payload])
}

/** A tagged COSE_Sign1 of its four parts (RFC 9052, 4.2); the protected header as the bytes that were signed. */
export function composeCoseSign1(
  protectedBytes: Uint8Array,
  payload: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  return Buffer.concat([Buffer.of(0xc0 | TAG), encodeCbor([protectedBytes, new Map(), payload, signature])])
}

const isBytes = (value: Cbor | undefined): value is Uint8Array => value instanceof Uint8Array
const isMap = (value: Cbor | undefined): value is CborMap => value instanceof Map

/** Takes a COSE_Sign1, tagged or not, apart; undefined for everything else. */
export function parseCoseSign1(bytes: Uint8Array): CoseSign1 | undefined {
  const parts = decodeCbor(bytes, [TAG])
  if (!Array.isArray(parts) || parts.length !== 4) return undefined
  const [protectedBytes, unprotectedHeader, payload, signature] = parts as readonly Cbor[]
  if (!isBytes(protectedBytes) || !isMap(unprotectedHeader) || !isBytes(payload) || !isBytes(signature)) {
    return undefined
  }
  // an empty header may be written as no bytes at all (RFC 9052, 3)
  const protectedHeader = protectedBytes.length === 0 ? new Map() : decodeCbor(protectedBytes)
  if (!isMap(protectedHeader)) return undefined
  // a label in both would mean two things (RFC 9052, 3)
  if ([...protectedHeader.keys()].some((label) => unprotectedHeader.has(label))) return undefined
  const toBeSigned = signStructure(protectedBytes, payload)
  return { protectedHeader, unprotectedHeader, payload, toBeSigned, signature }
}
