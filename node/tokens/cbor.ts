import { type DecodeOptions, decode, encode, rfc8949EncodeOptions } from 'cborg'

/** What CBOR stands for here: maps are Maps, bytes are Uint8Array. */
export type Cbor = null | boolean | number | bigint | string | Uint8Array | readonly Cbor[] | CborMap
export type CborMap = ReadonlyMap<Cbor, Cbor>

const options: DecodeOptions = {
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
}

/** Deterministic encoding (RFC 8949, 4.2.1). */
export function encodeCbor(value: Cbor): Uint8Array {
  return encode(value, rfc8949EncodeOptions)
}

/**
 * Decodes one item that fills the bytes; those of a tag in `tags` stand for what is tagged. Undefined for everything
 * else: duplicate keys, indefinite lengths, other tags, nesting that exhausts the stack.
 */
export function decodeCbor(bytes: Uint8Array, tags: readonly number[] = []): Cbor | undefined {
  const decoders = Object.fromEntries(tags.map((tag) => [tag, (content: () => unknown) => content()]))
  try {
    return decode(bytes, { ...options, tags: decoders }) as Cbor
  } catch {
    return undefined
  }
}
