import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Hex } from '../ledger/ledger.ts'
import { type SecuredText, textOf } from '../secured-text.ts'
import type { Pause } from '../time-slice.ts'
import { concurrently } from './concurrently.ts'
import type { CheckedTerms } from './pipeline.ts'
import { sign } from './sign.ts'

/** What is done with each of many. */
interface Handling<Item> {
  /** The document to sign, made when its turn comes. @throws what is wrong with this one */
  document(item: Item): JsonObject
  signed(item: Item, result: { secured: SecuredText; digest: Hex }): void
  failed(item: Item, error: unknown): void
}

interface Signing<Item> extends Handling<Item> {
  items: readonly Item[]
  created: Date
  pause: Pause
  /** See `recordBatch`. */
  inThreads: boolean
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
 * it. Of `eddsa-jcs-2022` a credential takes the event loop 65 to 76 µs so, with all that is done beside signing, where it
 * took 175 while libuv signed one by one (2 cores, docs/benchmarks.md). A file has its credentials signed one by one in
 * the background all the same, since the thread takes memory: 100,000 rows were issued in 320 to 350 MB with it and in 266
 * to 310 MB without, at 85 % and 63 to 77 % of the rate of batches side by side.
 * @throws what `failed` throws, for an error that is not of one document alone
 */
export async function signMany<Item>(terms: CheckedTerms, signing: Signing<Item>): Promise<void> {
  const { signer } = terms.key
  const { items } = signing
  if (signing.inThreads && signer.keyObject && terms.suite.secureMany?.keyTypes.includes(signer.type)) {
    const groups = Array.from({ length: Math.ceil(items.length / TOGETHER) }, (_, group) =>
      items.slice(group * TOGETHER, (group + 1) * TOGETHER),
    )
    return concurrently(groups, CROSSINGS_AT_ONCE, (group) => signGroup(terms, group, signing))
  }
  const { signInBackground = signer.sign } = signer
  const background = { ...terms, key: { ...terms.key, signer: { ...signer, sign: signInBackground } } }
  await concurrently(items, SIGNED_AT_ONCE, (item) => signOne(background, item, signing))
}

async function signOne<Item>(terms: CheckedTerms, item: Item, signing: Signing<Item>): Promise<void> {
  try {
    const { secured, digest } = await sign(terms, {
      document: signing.document(item),
      created: signing.created,
    })
    signing.signed(item, { secured: textOf(secured), digest })
  } catch (error) {
    signing.failed(item, error)
  }
  await signing.pause()
}

async function signGroup<Item>(
  { key, documentLoader, suite }: CheckedTerms,
  group: readonly Item[],
  signing: Signing<Item>,
): Promise<void> {
  const ready: Item[] = []
  const documents = documentsOf(group, ready, signing)
  const { created } = signing
  const outcomes = await suite.secureMany?.secure(documents, { key, documentLoader, created })
  for (const [place, outcome] of (outcomes ?? []).entries()) {
    const item = ready[place] as Item
    if (outcome instanceof IssuerError) signing.failed(item, outcome)
    else signing.signed(item, { secured: outcome.secured, digest: `0x${outcome.digest}` })
  }
  await signing.pause()
}

/** Makes the documents one by one; `ready` gets the items that have one. */
function* documentsOf<Item>(
  group: readonly Item[],
  ready: Item[],
  signing: Signing<Item>,
): Generator<JsonObject> {
  for (const item of group) {
    let document: JsonObject
    try {
      document = signing.document(item)
    } catch (error) {
      signing.failed(item, error)
      continue
    }
    ready.push(item)
    yield document
  }
}
