import type { Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { pointerTo } from './json-pointer.ts'

/** Limits of a JSON value from outside. */
export interface JsonLimits {
  /** Levels of arrays and objects inside one another. */
  depth: number
  /** Values of every kind, containers included. */
  values: number
  /** Bytes of its compact text in UTF-8. */
  bytes: number
}

/**
 * What makes a JSON value unfit to be taken in: more than the limits, member names that mean something to JavaScript,
 * text that has no UTF-8 form (RFC 8785, 3.2.2.2 refuses it too). Does not recurse deeper than the limit.
 */
export function measureJson(value: Json, pointer: string, limits: JsonLimits): Violation[] {
  return isFit(value, 1, { left: limits.values, depth: limits.depth })
    ? sizeViolations(value, pointer, limits)
    : unfitness(value, pointer, limits)
}

/** The same without saying where: it leaves little garbage, where the places of a row of a batch make 4 KB. */
function isFit(value: unknown, depth: number, limit: { left: number; depth: number }): boolean {
  if (--limit.left < 0 || scalarProblem(value) !== undefined) return false
  if (typeof value !== 'object' || value === null) return true
  for (const name of Object.keys(value)) {
    if (depth > limit.depth || name === '__proto__' || !name.isWellFormed()) return false
    if (!isFit((value as JsonObject)[name], depth + 1, limit)) return false
  }
  return true
}

function unfitness(value: Json, pointer: string, limits: JsonLimits): Violation[] {
  const found: Violation[] = []
  const queue: Place[] = [{ value, pointer, depth: 1 }]
  for (const at of queue) {
    const problem = scalarProblem(at.value)
    if (problem) found.push({ pointer: at.pointer, message: problem })
    const members = membersOf(at)
    if (members.length > 0 && at.depth > limits.depth) {
      return [{ pointer: at.pointer, message: `must not be nested deeper than ${limits.depth} levels` }]
    }
    for (const { name, ...member } of members) {
      if (name !== '__proto__' && name.isWellFormed()) queue.push(member)
      else found.push({ pointer: member.pointer.toWellFormed(), message: 'has a name that is not allowed' })
    }
    if (queue.length > limits.values) {
      return [{ pointer, message: `must not hold more than ${limits.values} values` }]
    }
  }
  return found.length > 0 ? found : sizeViolations(value, pointer, limits)
}

interface Place {
  value: unknown
  pointer: string
  depth: number
}

function membersOf({ value, pointer, depth }: Place): (Place & { name: string })[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([name, member]) => {
    return { name, value: member, pointer: pointerTo(pointer, name), depth: depth + 1 }
  })
}

function sizeViolations(value: Json, pointer: string, limits: JsonLimits): Violation[] {
  const size = Buffer.byteLength(JSON.stringify(value))
  return size > limits.bytes
    ? [{ pointer, message: `must not be larger than ${limits.bytes} bytes: it has ${size}` }]
    : []
}

function scalarProblem(value: unknown): string | undefined {
  if (typeof value === 'string' && !value.isWellFormed())
    return 'must not hold lone surrogates (U+D800 to U+DFFF)'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must be a finite number'
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
    return 'must be JSON'
  return undefined
}
