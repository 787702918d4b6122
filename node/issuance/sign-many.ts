import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Hex } from '../ledger/ledger.ts'
import { textOf } from '../secured-text.ts'
import type { Pause } from '../time-slice.ts'
import { concurrently } from './concurrently.ts'
import type { CheckedTerms } from './pipeline.ts'
import { sign } from './sign.ts'

/** One of many documents: made when its turn comes, and told what became of it. */
export interface ManySigned {
  /** @throws what is wrong with this one */
  document(): JsonObject
  signed(result: { secured: string; digest: Hex }): void
  failed(error: unknown): void
}

interface Signing {
  created: Date
  pause: Pause
  /** See `recordBatch`. */
  alone: boolean
}

/**
 * Documents that cross the border of a thread together. With 64 at a time the thread waited for the event loop, and
 * batches of 1,000 side by side took a sixth longer.
 */
const TOGETHER = 500
/** So that the thread has the next ones while the answer to the last is read. */
const CROSSINGS_AT_ONCE = 2

/** Signatures that are made at the same time elsewhere: enough to keep libuv's threads, or a remote store, busy. */
const SIGNED_AT_ONCE = 32

/**
 * Secures many credentials with the issuer's key, where the suite and the key store allow it in threads that do all of
 * it. Of `eddsa-jcs-2022` a credential then takes the event loop 125 µs instead of 175, with all that is done beside
 * signing, and 3 batches of 1,000 side by side are a quarter faster (2 cores, `npm run bench`). What is issued alone is
 * signed one by one in the background: libuv has more threads, and a file of 100,000 rows is a twelfth faster so.
 * @throws what `failed` throws, for an error that is not of one document alone
 */
export async function signMany(
  terms: CheckedTerms,
  items: readonly ManySigned[],
  signing: Signing,
): Promise<void> {
  const { signer } = terms.key
  if (!signing.alone && signer.keyObject && terms.suite.secureMany?.keyTypes.includes(signer.type)) {
    const groups = Array.from({ length: Math.ceil(items.length / TOGETHER) }, (_, group) =>
      items.slice(group * TOGETHER, (group + 1) * TOGETHER),
    )
    return concurrently(groups, CROSSINGS_AT_ONCE, (group) => signGroup(terms, group, signing))
  }
  const { signInBackground = signer.sign } = signer
  const background = { ...terms, key: { ...terms.key, signer: { ...signer, sign: signInBackground } } }
  await concurrently(items, SIGNED_AT_ONCE, (item) => signOne(background, item, signing))
}

async function signOne(terms: CheckedTerms, item: ManySigned, { created, pause }: Signing): Promise<void> {
  try {
    const { secured, digest } = await sign(terms, { document: item.document(), created })
    item.signed({ secured: textOf(secured), digest })
  } catch (error) {
    item.failed(error)
  }
  await pause()
}

async function signGroup(
  { key, documentLoader, suite }: CheckedTerms,
  group: readonly ManySigned[],
  { created, pause }: Signing,
): Promise<void> {
  const ready: ManySigned[] = []
  const documents = documentsOf(group, ready)
  const outcomes = await suite.secureMany?.secure(documents, { key, documentLoader, created })
  for (const [place, outcome] of (outcomes ?? []).entries()) {
    if (outcome instanceof IssuerError) ready[place]?.failed(outcome)
    else ready[place]?.signed({ secured: outcome.secured, digest: `0x${outcome.digest}` })
  }
  await pause()
}

/** Makes the documents one by one; `ready` gets the items that have one. */
function* documentsOf(group: readonly ManySigned[], ready: ManySigned[]): Generator<JsonObject> {
  for (const item of group) {
    let document: JsonObject
    try {
      document = item.document()
    } catch (error) {
      item.failed(error)
      continue
    }
    ready.push(item)
    yield document
  }
}
