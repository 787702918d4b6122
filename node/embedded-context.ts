import type { Violation } from './errors.ts'
import type { JsonObject } from './json.ts'

const maxContexts = 32

/** Keywords with which a part of a document says something about another part. */
const displacing = new Set(['@included', '@reverse', '@nest', '@graph'])

const segment = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

function nestedViolations(value: unknown, pointer: string, found: Violation[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, child] of Object.entries(value)) {
    const at = pointer + segment(name)
    if (name === '@context' || displacing.has(name)) {
      found.push({ pointer: at, message: 'must not stand inside the document' })
    } else nestedViolations(child, at, found)
  }
}

/**
 * What is wrong with the contexts of a document: every context must be named by its URL, at the top, so that it can be
 * bundled or pinned, and no part may speak for another one; the proof is left to its suite. Pointers start at the
 * document.
 */
export function contextViolations(document: JsonObject): Violation[] {
  const found: Violation[] = []
  const contexts = [document['@context'] ?? []].flat()
  if (contexts.length > maxContexts) {
    found.push({ pointer: '/@context', message: `must not name more than ${maxContexts} contexts` })
  }
  contexts.forEach((context, index) => {
    if (typeof context !== 'string') {
      found.push({ pointer: `/@context/${index}`, message: 'must be a URL: inline contexts are refused' })
    }
  })
  const { '@context': _, proof: __, ...members } = document
  nestedViolations(members, '', found)
  return found
}
