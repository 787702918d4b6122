import type { Violation } from './errors.ts'
import type { JsonObject } from './json.ts'

const maxContexts = 32

const segment = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

function nestedContexts(value: unknown, pointer: string, found: Violation[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, child] of Object.entries(value)) {
    const at = pointer + segment(name)
    if (name === '@context') found.push({ pointer: at, message: 'must not stand inside the document' })
    else nestedContexts(child, at, found)
  }
}

/**
 * What is wrong with the contexts of a document: every context must be named by its URL, at the top, so that it can be
 * bundled or pinned; the context of a proof is left to the proof's suite. Pointers start at the document.
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
  for (const [name, value] of Object.entries(document)) {
    if (name !== '@context' && name !== 'proof') nestedContexts(value, segment(name), found)
  }
  return found
}
