import type { Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'

const maxContexts = 32

/** Keywords with which a part of a document says something about another part. */
const displacing = new Set(['@included', '@reverse', '@nest', '@graph'])

/** Every member of every credential comes by here, and few names have to be escaped. */
const segment = (name: string): string =>
  /[~/]/.test(name) ? `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : `/${name}`

/**
 * Levels and values of a document: claims may have 16 and 5,000, the rest is small. Linked data libraries take time with
 * the square of the values; 40,000 equal nodes take half a minute.
 */
const maxDepth = 32
const maxValues = 6_000

/** Inline contexts are for whoever reads a document's members to allow; a suite signs and verifies them as they are. */
interface Allowed {
  inline?: boolean
}

interface Walk {
  found: Violation[]
  left: number
  mayHoldContext: RegExp
  allowed: Allowed
}

/** Where a context may stand: at the top, and in a proof, for whose suite to judge; */
const mayHoldContext = /^(\/proof(\/\d+)?)?$/
/** in a presentation also in the credentials that it holds. */
const mayHoldContextInPresentation = /^(\/verifiableCredential(\/\d+)?)?(\/proof(\/\d+)?)?$/
const presentationType = 'VerifiablePresentation'

function namedViolations(value: unknown, pointer: string, { inline = false }: Allowed): Violation[] {
  const contexts = [value ?? []].flat()
  if (contexts.length > maxContexts) {
    return [{ pointer, message: `must not name more than ${maxContexts} contexts` }]
  }
  return contexts.flatMap((context, index) =>
    typeof context === 'string' || (inline && typeof context === 'object' && context !== null)
      ? []
      : [{ pointer: `${pointer}/${index}`, message: 'must be a URL: inline contexts are refused' }],
  )
}

function walkMembers(value: unknown, pointer: string, depth: number, walk: Walk): void {
  walk.left = depth > maxDepth ? -1 : walk.left - 1
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    if (walk.left < 0) return
    const child: unknown = (value as JsonObject)[name]
    if (name === '@context' ? !walk.mayHoldContext.test(pointer) : displacing.has(name)) {
      walk.found.push({ pointer: pointer + segment(name), message: 'must not stand inside the document' })
    } else if (name === '@context') {
      walk.found.push(...namedViolations(child, pointer + segment(name), walk.allowed))
      walkValues(child, depth + 1, walk)
    } else walkMembers(child, typeof child === 'object' ? pointer + segment(name) : '', depth + 1, walk)
  }
}

/** Counts what stands in a context: its own rules are for those who allow it. */
function walkValues(value: unknown, depth: number, walk: Walk): void {
  walk.left = depth > maxDepth ? -1 : walk.left - 1
  if (typeof value !== 'object' || value === null) return
  for (const child of Object.values(value)) {
    if (walk.left < 0) return
    walkValues(child, depth + 1, walk)
  }
}

/**
 * What is wrong with the contexts of a document: every context must be named by its URL, at the top, so that it can be
 * bundled or pinned, and no part may speak for another one; and in all it must not be too much to work with. The
 * credentials of a presentation have a top of their own. Pointers start at the document.
 */
export function contextViolations(document: JsonObject, allowed: Allowed = {}): Violation[] {
  const found: Violation[] = []
  const isPresentation = [document.type].flat().includes(presentationType)
  const walk: Walk = {
    found,
    left: maxValues,
    mayHoldContext: isPresentation ? mayHoldContextInPresentation : mayHoldContext,
    allowed,
  }
  walkMembers(document, '', 1, walk)
  const message = `must not hold more than ${maxValues} values, nor be nested deeper than ${maxDepth} levels`
  return walk.left < 0 ? [{ pointer: '', message }] : found
}
