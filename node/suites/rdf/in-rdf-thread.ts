import type { JsonObject } from '../../json.ts'
import { inThread } from '../../threads/in-thread.ts'
import type { operations } from './operations.ts'
import type { Asked, Attempt } from './with-contexts.ts'

type Operations = typeof operations
type Input<Name extends keyof Operations> = Parameters<Operations[Name]>[0]['input']
type Result<Name extends keyof Operations> = Extract<
  Awaited<ReturnType<Operations[Name]>>,
  { result: unknown }
>['result']

/** The only thing that a thread asks of a loader. */
type Loader = (url: string) => Promise<unknown>

/**
 * Runs an operation over the RDF of a document in another thread; whatever context it lacks comes from the loader, which
 * refuses what it would refuse here.
 * @throws what the loader throws; NODE_BUSY when too many wait; IssuerError as the operation; RangeError with the words of
 * a library for its errors
 */
export async function inRdfThread<Name extends keyof Operations>(
  name: Name,
  input: Input<Name>,
  documentLoader: Loader,
): Promise<Result<Name>> {
  const run = (asked: Asked<Input<Name>>) =>
    inThread('rdf', name, asked as never) as Promise<Attempt<Result<Name>>>
  const contexts = new Map<string, JsonObject>()
  for (;;) {
    const attempt = await run({ input, contexts })
    if ('result' in attempt) return attempt.result
    const { document } = (await documentLoader(attempt.missing)) as { document: JsonObject }
    contexts.set(attempt.missing, document)
  }
}
