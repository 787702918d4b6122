import type { Json } from '../json.ts'
import { disclose, parseSdJwt } from '../tokens/sd-jwt.ts'
import type { ConcealingRules } from './conceal.ts'
import type { Secured } from './suite.ts'

const segment = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

/**
 * JSON pointers of what an SD-JWT with all its disclosures lets nobody keep to himself, though its rules would: the
 * largest values of which nothing is concealed.
 */
export function revealedPointers(
  secured: Secured,
  { roots, revealed }: Pick<ConcealingRules, 'roots' | 'revealed'>,
): string[] {
  const token = parseSdJwt(secured)
  const disclosed = token && disclose(token)
  if (!disclosed || 'problem' in disclosed) return []
  const concealed = new Set(disclosed.pointers.values())
  const holders = new Set([...concealed].flatMap(ancestorsOf))
  const revealedWithin = (value: Json | undefined, at: string, isRoot: boolean): string[] => {
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([name, member]) => {
      const pointer = at + segment(name)
      if (concealed.has(pointer) || (isRoot && revealed.has(name))) return []
      return holders.has(pointer) ? revealedWithin(member, pointer, false) : [pointer]
    })
  }
  return roots.flatMap((root) => {
    const value = root === '' ? disclosed.payload : disclosed.payload[root.slice(1)]
    return revealedWithin(value, root, true)
  })
}

/** Everything that a pointer leads through. */
function ancestorsOf(pointer: string): string[] {
  const parts = pointer.split('/')
  return parts.slice(1).map((_, count) => parts.slice(0, count + 1).join('/'))
}
