import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Json, JsonObject } from '../../json.ts'
import { domainType, isLeaf, type StructTypes } from './typed-data.ts'

const utf8 = new TextEncoder()

/** Typed data whose values are known to be of their types. */
export interface TypedData {
  domain: JsonObject
  types: StructTypes
  primaryType: string
  message: JsonObject
}

function word(value: bigint): Uint8Array {
  return Buffer.from(BigInt.asUintN(256, value).toString(16).padStart(64, '0'), 'hex')
}

/** Names of all struct types that a type needs, itself included. */
function dependencies(types: StructTypes, type: string, found = new Set<string>()): Set<string> {
  const name = type.replace(/(\[\])+$/, '')
  if (found.has(name) || isLeaf(name)) return found
  found.add(name)
  for (const member of types.get(name) ?? []) dependencies(types, member.type, found)
  return found
}

/** encodeType (EIP-712): the type, then those that it needs by name. */
function typeText(types: StructTypes, type: string): string {
  const others = [...dependencies(types, type)].filter((name) => name !== type).toSorted()
  return [type, ...others]
    .map(
      (name) => `${name}(${(types.get(name) ?? []).map((member) => `${member.type} ${member.name}`).join()})`,
    )
    .join('')
}

/** hashStruct and the encodings under it (EIP-712, Definition of encodeData); each type's hash is made once. */
class Hashing {
  readonly #types: StructTypes
  readonly #hashes = new Map<string, Uint8Array>()

  constructor(types: StructTypes) {
    this.#types = types
  }

  #typeHash(type: string): Uint8Array {
    const hash = this.#hashes.get(type) ?? keccak_256(utf8.encode(typeText(this.#types, type)))
    this.#hashes.set(type, hash)
    return hash
  }

  #encode(type: string, value: Json): Uint8Array {
    if (type.endsWith('[]')) {
      const elements = (value as Json[]).map((element) => this.#encode(type.slice(0, -2), element))
      return keccak_256(Buffer.concat(elements))
    }
    if (type === 'string') return keccak_256(utf8.encode(value as string))
    if (type === 'bool') return word(value ? 1n : 0n)
    return isLeaf(type) ? word(BigInt(value as number)) : this.struct(type, value as JsonObject)
  }

  struct(type: string, value: JsonObject): Uint8Array {
    const members = this.#types.get(type) ?? []
    const encoded = members.map((member) => this.#encode(member.type, value[member.name] as Json))
    return keccak_256(Buffer.concat([this.#typeHash(type), ...encoded]))
  }
}

/** The 32 bytes that are signed: keccak-256 of 0x1901, the domain's hash and the message's (EIP-712, Specification). */
export function hashTypedData({ domain, types, primaryType, message }: TypedData): Uint8Array {
  const hashing = new Hashing(types)
  const parts = [hashing.struct(domainType, domain), hashing.struct(primaryType, message)]
  return keccak_256(Buffer.concat([Buffer.from('1901', 'hex'), ...parts]))
}
