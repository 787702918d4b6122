import { BoundedCache } from '../../bounded-cache.ts'
import { isUnchanging } from '../document-loader.ts'
import type { DocumentLoader } from '../suite.ts'

const known = new BoundedCache<string, ReadonlySet<string>>(200)

/**
 * Every word that contexts, and those they import, may define: all names in them. Undefined when the bytes of one are
 * not settled by its URL, so that nothing learnt of it may be kept.
 * @throws what the loader throws for a context that it refuses
 */
export async function contextTerms(
  urls: readonly string[],
  documentLoader: DocumentLoader,
): Promise<ReadonlySet<string> | undefined> {
  // asked each time: the loader alone knows which contexts this document may use
  const loaded = await Promise.all(urls.map((url) => documentLoader(url)))
  const key = JSON.stringify(urls)
  const remembered = known.get(key)
  if (remembered) return remembered
  const terms = new Set<string>()
  const imports = new Set(urls)
  for (const { document } of loaded) collect(document, terms, imports)
  for (const url of imports) {
    if (!isUnchanging(url)) return undefined
    if (!urls.includes(url)) collect((await documentLoader(url)).document, terms, imports)
  }
  known.set(key, terms)
  return terms
}

/** Adds the names in a context; and the URLs of further contexts, over which the caller's loop goes on. */
function collect(value: unknown, terms: Set<string>, imports: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value)) terms.add(name)
    if (name === '@context' || name === '@import') {
      for (const url of [member].flat()) if (typeof url === 'string') imports.add(url)
    }
    collect(member, terms, imports)
  }
}
