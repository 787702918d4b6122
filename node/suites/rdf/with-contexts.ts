import { BoundedCache } from '../../bounded-cache.ts'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { createDocumentLoader, isUnchanging } from '../document-loader.ts'
import { describeLinkedDataError } from '../linked-data-error.ts'
import type { DocumentLoader } from '../suite.ts'

/** What a thread is asked for, with the contexts that it lacked before. */
export interface Asked<Input> {
  input: Input
  contexts: ReadonlyMap<string, JsonObject>
}

/** What a thread made, or the URL of a context that it lacks. */
export type Attempt<Result> = { result: Result } | { missing: string }

/** Contexts that came with earlier calls and are settled by their URL. */
const kept = new BoundedCache<string, Awaited<ReturnType<DocumentLoader>>>(100)

/**
 * For a thread: computes with the bundled contexts and those that came along. Where another one is needed it says so
 * instead of waiting for it: who asked looks for it, refuses it or asks again, and the thread serves others meanwhile.
 */
export function withContexts<Input, Result>(
  compute: (input: Input, documentLoader: DocumentLoader) => Promise<Result>,
): (asked: Asked<Input>) => Promise<Attempt<Result>> {
  return async ({ input, contexts }) => {
    let missing: string | undefined
    const load = createDocumentLoader({
      extra: async (url) => {
        const context = contexts.get(url)
        if (!context) missing ??= url
        return context
      },
    })
    try {
      const result = await compute(input, async (url) => {
        const known = kept.get(url)
        if (known) return known
        const loaded = await load(url)
        if (contexts.has(url) && isUnchanging(url)) kept.set(url, loaded)
        return loaded
      })
      return { result }
    } catch (error) {
      if (missing !== undefined) return { missing }
      if (error instanceof IssuerError) throw error
      // a library's error does not cross the border of a thread: what it says does
      throw new Error(describeLinkedDataError(error))
    }
  }
}
