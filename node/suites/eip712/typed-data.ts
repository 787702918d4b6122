import type { Json, JsonObject } from '../../json.ts'

/** A member of a struct type (EIP-712, Definition of typed structured data). */
export interface TypedMember {
  name: string
  type: string
}

/** Struct types by name. */
export type StructTypes = ReadonlyMap<string, readonly TypedMember[]>

/** Members of the domain, in the order in which their type names them. */
export const domainMembers: readonly TypedMember[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
]

export const domainType = 'EIP712Domain'

/** A value that has no type in EIP-712. */
export class UntypedValue extends Error {
  /** Where it stands: a JSON pointer (RFC 6901). */
  readonly pointer: string

  constructor(pointer: string, why: string) {
    super(why)
    this.pointer = pointer
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Characters with which the text of a struct type could be read in two ways. */
const ambiguous = /[\s,()[\]]/

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

const untyped = (pointer: string, why: string): never => {
  throw new UntypedValue(pointer, why)
}

/** The members of a document that stand in it: JSON has no undefined ones. */
export const membersOf = (value: JsonObject): [string, Json][] =>
  Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined)

/** Struct types of a document, found while it is walked. */
class Generation {
  readonly types = new Map<string, readonly TypedMember[]>()

  constructor(primaryType: string) {
    // both names are taken from the start
    this.types.set(domainType, domainMembers)
    this.types.set(primaryType, [])
  }

  struct(value: JsonObject, at: string): readonly TypedMember[] {
    const members = membersOf(value).map(([name, member]) => {
      const where = `${at}/${escaped(name)}`
      if (ambiguous.test(name)) untyped(where, 'must have a name without spaces, commas and brackets')
      return { name, type: this.typeOf(name, member, where) }
    })
    return members.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The name of a struct type with these members: that of the property, numbered where another type has it. */
  private nameFor(property: string, members: readonly TypedMember[]): string {
    const plain = property.replaceAll(/\W/g, '')
    const base = /^\d|^$/.test(plain) ? `T${plain}` : plain.charAt(0).toUpperCase() + plain.slice(1)
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? base : `${base}${number}`
      const known = this.types.get(name)
      if (known && JSON.stringify(known) !== JSON.stringify(members)) continue
      this.types.set(name, members)
      return name
    }
  }

  private typeOf(property: string, value: Json, at: string): string {
    if (typeof value === 'string') return 'string'
    if (typeof value === 'boolean') return 'bool'
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return untyped(at, 'must be a whole number, or text')
      return value < 0 ? 'int256' : 'uint256'
    }
    if (Array.isArray(value)) return this.arrayType(property, value, at)
    if (isObject(value)) return this.nameFor(property, this.struct(value, at))
    return untyped(at, 'must not be null')
  }

  private arrayType(property: string, values: readonly Json[], at: string): string {
    const types = new Set(values.map((value, index) => this.typeOf(property, value, `${at}/${index}`)))
    const [type] = types
    if (type === undefined) return untyped(at, 'must not be empty')
    if (types.size > 1) return untyped(at, 'must hold values of one type')
    return `${type}[]`
  }
}

/**
 * The struct types of a document, each named by the property that holds it (types generation of Ethereum EIP712
 * Signature 2021), with that of the domain. Objects of one name and different members get a number behind it.
 * @throws UntypedValue for null, fractions, empty arrays and arrays of different types
 */
export function generateTypes(document: JsonObject, primaryType: string): StructTypes {
  const generation = new Generation(primaryType)
  generation.types.set(primaryType, generation.struct(document, ''))
  return generation.types
}

const isWhole = (value: Json, lowest: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= lowest

const leaves: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string' && value.isWellFormed(),
  bool: (value) => typeof value === 'boolean',
  uint256: (value) => isWhole(value, 0),
  int256: (value) => isWhole(value, Number.MIN_SAFE_INTEGER),
}

/** Whether a type's name is that of a leaf. */
export const isLeaf = (type: string): boolean => Object.hasOwn(leaves, type)

/**
 * Whether types that came with a proof say all about a value: each member of each object is typed, and no others are.
 * What a type left out would not be signed.
 */
export function isTyped(types: StructTypes, type: string, value: Json): boolean {
  if (type.endsWith('[]')) {
    const element = type.slice(0, -2)
    // without elements nothing would hold the type of structs to the document
    const isLimited = Array.isArray(value) && (value.length > 0 || isLeaf(element))
    return isLimited && value.every((item) => isTyped(types, element, item))
  }
  if (isLeaf(type)) return (leaves[type] as (value: Json) => boolean)(value)
  const members = types.get(type)
  if (!members || !isObject(value)) return false
  const names = new Set(members.map(({ name }) => name))
  const entries = new Map(membersOf(value))
  return (
    names.size === members.length &&
    names.size === entries.size &&
    members.every(({ name, type }) => entries.has(name) && isTyped(types, type, entries.get(name) as Json))
  )
}
