import type { Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/** Names with a meaning in SD-JWTs or in the library that makes them (RFC 9901, 4.2.1 and 4.2.4.2). */
const reserved = new Set(['_sd', '_sd_alg', '_sd_decoy', '...', '__proto__'])

/** Names that claims of an SD-JWT must not have, at any level; pointers start at the request. */
export function reservedNameViolations(claims: JsonObject, pointer = '/claims'): Violation[] {
  return Object.entries(claims).flatMap(([name, value]) => {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return reserved.has(name)
      ? [{ pointer: at, message: 'is a name that SD-JWT reserves' }]
      : inside(value, at)
  })
}

function inside(value: Json | undefined, at: string): Violation[] {
  if (typeof value !== 'object' || value === null) return []
  if (!Array.isArray(value)) return reservedNameViolations(value as JsonObject, at)
  return value.flatMap((element, index) => inside(element, `${at}/${index}`))
}
