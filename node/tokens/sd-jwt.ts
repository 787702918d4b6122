import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../json.ts'
import { type CompactJwt, decodeBase64url, parseCompactJwt, parseJsonBytes } from './compact-jwt.ts'

/** More than the values a document may have (see embedded-context.ts). */
const maxDisclosures = 6_000
const maxDepth = 32

/** Hash functions by their names at IANA; the default is the first (RFC 9901, 4.1.1). */
const hashes: ReadonlyMap<unknown, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
])

/** An SD-JWT taken apart (RFC 9901, 4); nothing in it has been verified. */
export interface SdJwt {
  jwt: CompactJwt
  /** The issuer-signed JWT as text. */
  issued: string
  disclosures: readonly string[]
  keyBinding?: CompactJwt
  /** What `sd_hash` of a Key Binding JWT covers: everything up to the last `~`. */
  presented: string
}

/** Takes an SD-JWT or SD-JWT+KB apart; undefined for everything else, a JWT without a `~` among it. */
export function parseSdJwt(text: unknown): SdJwt | undefined {
  if (typeof text !== 'string' || !text.includes('~')) return undefined
  const [issued = '', ...others] = text.split('~')
  const bound = others.pop() as string
  const jwt = parseCompactJwt(issued)
  const keyBinding = parseCompactJwt(bound)
  if (!jwt || others.length > maxDisclosures || (bound !== '' && !keyBinding)) return undefined
  const presented = text.slice(0, text.length - bound.length)
  return { jwt, issued, disclosures: others, presented, ...(keyBinding && { keyBinding }) }
}

/** Base64url of a digest by the hash function of an SD-JWT; undefined for one that is not known. */
export function digestOf(payload: JsonObject, text: string): string | undefined {
  const name = hashes.get(payload._sd_alg ?? 'sha-256')
  return name && createHash(name).update(text, 'ascii').digest('base64url')
}

interface Disclosure {
  text: string
  /** Undefined for an element of an array. */
  name: string | undefined
  value: Json
}

/** What an SD-JWT says with the disclosures that came along. */
export interface Disclosed {
  payload: JsonObject
  /** JSON pointer (RFC 6901) into the payload of each disclosed value, by the text of its disclosure. */
  pointers: ReadonlyMap<string, string>
  /** Pointers of objects and arrays with digests that nothing discloses: hidden claims or decoys. */
  concealing: readonly string[]
}

/** Why an SD-JWT breaks the rules of its processing. */
class Broken extends Error {}

/**
 * The payload of an SD-JWT with its disclosures put in their places, by the rules of RFC 9901, 7.1: every disclosure is
 * referenced, no digest stands twice, and no disclosed name takes the place of another one. A reason when they are broken.
 */
export function disclose({ jwt, disclosures }: SdJwt): Disclosed | { problem: string } {
  try {
    return new Disclosing(jwt.payload, disclosures).result()
  } catch (error) {
    if (error instanceof Broken) return { problem: error.message }
    throw error
  }
}

function parseDisclosure(text: string): Disclosure {
  const value = parseJsonBytes(decodeBase64url(text))
  if (!Array.isArray(value) || typeof value[0] !== 'string') throw new Broken('A disclosure is malformed.')
  if (value.length === 2) return { text, name: undefined, value: value[1] }
  const [, name, claim] = value
  if (value.length !== 3 || typeof name !== 'string') throw new Broken('A disclosure is malformed.')
  if (name === '_sd' || name === '...' || name === '__proto__') {
    throw new Broken('A disclosure has a name that is reserved.')
  }
  return { text, name, value: claim }
}

const segment = (name: string | number): string =>
  `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** One walk over a payload. */
class Disclosing {
  readonly #payload: JsonObject
  readonly #disclosures = new Map<string, Disclosure>()
  readonly #seen = new Set<string>()
  readonly #pointers = new Map<string, string>()
  readonly #concealing = new Set<string>()

  constructor(payload: JsonObject, disclosures: readonly string[]) {
    this.#payload = payload
    for (const text of disclosures) {
      const digest = digestOf(payload, text)
      if (digest === undefined) throw new Broken('The hash function of the disclosures is not known.')
      if (this.#disclosures.has(digest)) throw new Broken('A disclosure stands twice.')
      this.#disclosures.set(digest, parseDisclosure(text))
    }
  }

  result(): Disclosed {
    if (digestOf(this.#payload, '') === undefined) {
      throw new Broken('The hash function of the disclosures is not known.')
    }
    const { _sd_alg: _, ...claims } = this.#payload
    const payload = this.#walk(claims, '', 1) as JsonObject
    if (this.#pointers.size !== this.#disclosures.size) throw new Broken('A disclosure belongs to nothing.')
    return { payload, pointers: this.#pointers, concealing: [...this.#concealing] }
  }

  #walk(value: Json | undefined, pointer: string, depth: number): Json | undefined {
    if (typeof value !== 'object' || value === null) return value
    if (depth > maxDepth) throw new Broken(`The payload is nested deeper than ${maxDepth} levels.`)
    return Array.isArray(value)
      ? this.#walkArray(value, pointer, depth)
      : this.#walkObject(value as JsonObject, pointer, depth)
  }

  #walkArray(elements: readonly Json[], pointer: string, depth: number): Json[] {
    const revealed: Json[] = []
    for (const element of elements) {
      const at = pointer + segment(revealed.length)
      if (!isPlaceholder(element)) {
        revealed.push(this.#walk(element, at, depth + 1) as Json)
        continue
      }
      const disclosure = this.#find(element['...'], pointer)
      if (!disclosure) continue
      if (disclosure.name !== undefined) throw new Broken('A disclosed claim stands in an array.')
      this.#pointers.set(disclosure.text, at)
      revealed.push(this.#walk(disclosure.value, at, depth + 1) as Json)
    }
    return revealed
  }

  #walkObject(object: JsonObject, pointer: string, depth: number): JsonObject {
    const { _sd: digests = [], ...members } = object
    if (!Array.isArray(digests)) throw new Broken('A list of digests is malformed.')
    if (Object.hasOwn(members, '...')) throw new Broken('A digest of an array stands outside one.')
    const revealed: [string, Json | undefined][] = Object.entries(members).map(([name, member]) => [
      name,
      this.#walk(member, pointer + segment(name), depth + 1),
    ])
    const names = new Set(Object.keys(members))
    for (const digest of digests) {
      const disclosure = this.#find(digest, pointer)
      if (!disclosure) continue
      const { name, value, text } = disclosure
      if (name === undefined) throw new Broken('A disclosed element of an array stands in an object.')
      if (names.has(name)) throw new Broken(`A disclosed claim takes the place of another one: ${name}.`)
      names.add(name)
      this.#pointers.set(text, pointer + segment(name))
      revealed.push([name, this.#walk(value, pointer + segment(name), depth + 1)])
    }
    return Object.fromEntries(revealed)
  }

  #find(digest: Json | undefined, pointer: string): Disclosure | undefined {
    if (typeof digest !== 'string') throw new Broken('A digest is malformed.')
    if (this.#seen.has(digest)) throw new Broken('A digest stands twice.')
    this.#seen.add(digest)
    const disclosure = this.#disclosures.get(digest)
    if (!disclosure) this.#concealing.add(pointer)
    return disclosure
  }
}

function isPlaceholder(element: Json): element is JsonObject {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return false
  if (!Object.hasOwn(element, '...')) return false
  if (Object.keys(element).length > 1) throw new Broken('A digest of an array stands beside something else.')
  return true
}
