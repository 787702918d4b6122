import { createHash, randomBytes } from 'node:crypto'
import { pack } from '@sd-jwt/core'
import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/** What is concealed, and what never is. */
export interface ConcealingRules {
  /** JSON pointers of the objects whose members, at every level, holders may keep to themselves; '' is the payload. */
  roots: readonly string[]
  /** Names of members directly in a root that are always revealed. */
  revealed: ReadonlySet<string>
  /** Names that are always revealed, at every level. */
  keywords: ReadonlySet<string>
  /** JSON pointers whose values are always revealed. */
  mandatoryPointers: readonly string[]
}

/** Where there are more claims than this, deeper levels are disclosed as a whole, so that tokens stay short. */
const maxDisclosures = 512
const maxDepth = 16

/** Names that the library loses or takes for its own. */
const unusable = new Set(['_sd', '...', '_sd_decoy', '__proto__'])

interface Frame {
  [name: string]: Frame | readonly (string | number)[] | number
}

interface Framing {
  rules: ConcealingRules
  depth: number
  count: number
}

const segment = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

const isWithin = (pointer: string, ancestor: string): boolean =>
  pointer === ancestor || pointer.startsWith(`${ancestor}/`)

/** As many decoys as fill the digests up to a multiple of four, at least one: their number tells little. */
const decoys = (digests: number): number => 4 - (digests % 4)

function frameOf(
  value: Json | undefined,
  pointer: string,
  level: number,
  framing: Framing,
): Frame | undefined {
  if (typeof value !== 'object' || value === null || level > framing.depth) return undefined
  const { mandatoryPointers, revealed, keywords } = framing.rules
  const isArray = Array.isArray(value)
  const concealed: (string | number)[] = []
  const frame: Frame = {}
  for (const [name, member] of Object.entries(value)) {
    const at = pointer + segment(name)
    if (mandatoryPointers.some((mandatory) => isWithin(at, mandatory))) continue
    if (level === 1 && revealed.has(name)) continue
    const inner = frameOf(member, at, level + 1, framing)
    if (inner) frame[name] = inner
    const holdsMandatory = mandatoryPointers.some((mandatory) => isWithin(mandatory, at))
    if (holdsMandatory || name === '' || (!isArray && keywords.has(name))) continue
    concealed.push(isArray ? Number(name) : name)
  }
  framing.count += concealed.length
  if (concealed.length > 0) Object.assign(frame, { _sd: concealed, _sd_decoy: decoys(concealed.length) })
  return Object.keys(frame).length > 0 ? frame : undefined
}

/** A frame for a whole payload: the nodes on the way to a root conceal nothing themselves. */
function frameFor(
  payload: JsonObject,
  rules: ConcealingRules,
  depth: number,
): { frame: Frame; count: number } {
  const framing: Framing = { rules, depth, count: 0 }
  const frame: Frame = {}
  for (const root of rules.roots) {
    const inner = frameOf(root === '' ? payload : payload[root.slice(1)], root, 1, framing)
    if (inner) Object.assign(frame, root === '' ? inner : { [root.slice(1)]: inner })
  }
  return { frame, count: framing.count }
}

function checkNames(value: Json | undefined): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (unusable.has(name)) {
      const detail = `A claim of an SD-JWT cannot be called ${name}.`
      throw new IssuerError('SIGNING_FAILED', { detail })
    }
    checkNames(member)
  }
}

const hash = { hasher: (text: string | ArrayBuffer) => sha256(text as string), alg: 'sha-256' }
const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest()
/** 128 bits (RFC 9901, 9.3). */
const salt = (length: number): string => randomBytes(length).toString('base64url')

/**
 * Replaces the claims that a holder may keep to itself by digests, among decoys (RFC 9901, 4.2), at every level.
 * @throws SIGNING_FAILED for names that SD-JWT reserves
 */
export async function conceal(
  payload: JsonObject,
  rules: ConcealingRules,
): Promise<{ payload: JsonObject; disclosures: readonly string[] }> {
  checkNames(payload)
  let framed = frameFor(payload, rules, maxDepth)
  for (let depth = maxDepth - 1; framed.count > maxDisclosures && depth > 0; depth -= 1) {
    framed = frameFor(payload, rules, depth)
  }
  const { packedClaims, disclosures } = await pack(payload, framed.frame as never, hash, salt)
  return {
    payload: { ...(packedClaims as JsonObject), _sd_alg: 'sha-256' },
    disclosures: disclosures.map((disclosure) => disclosure.encode()),
  }
}
