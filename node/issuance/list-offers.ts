import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { ListEncoding } from '../status/status-list.ts'
import type { ClaimsToken } from '../suites/claims-token.ts'
import type { AssertionKey, DataModel, DocumentLoader, Secured, Suite } from '../suites/suite.ts'
import type { IssuerRecord, PipelineDeps } from './pipeline.ts'

/** One way in which a list of an issuer can be signed and sent. */
export interface ListOffer {
  /** Media types for the same bytes, its own first. */
  mediaTypes: readonly string[]
  /** The key that signs. */
  verificationMethod: string
  sign(list: JsonObject, options: { created: Date; documentLoader: DocumentLoader }): Promise<Uint8Array>
}

type Deps = Pick<PipelineDeps, 'issuers' | 'keys' | 'suites' | 'formats' | 'claimsTokens'>
type RecordedKey = IssuerRecord['keys'][number]

/** What else a client may call a credential in JSON. */
const jsonTypes = ['application/ld+json', 'application/json']

/**
 * Every way in which an issuer can publish a list with the keys it has, the preferred one first.
 * @throws ASSERTION_KEY_MISSING when there is none
 */
export async function listOffers(deps: Deps, did: string, list: ListEncoding): Promise<ListOffer[]> {
  const keys = (await deps.issuers.get(did))?.keys ?? []
  const { kind } = list
  const offers =
    kind === 'token'
      ? list.mediaTypes.flatMap((mediaType) => tokenOffer(deps, mediaType, keys) ?? [])
      : credentialOffers(deps, { mediaTypes: list.mediaTypes, dataModel: kind.credential }, keys)
  if (offers.length === 0) throw new IssuerError('ASSERTION_KEY_MISSING', { facts: { did } })
  return offers
}

/**
 * By the first suite for each media type, in the order of the suites' list: those that most verifiers know come first.
 * A suite that derives is the last resort.
 */
function credentialOffers(
  deps: Deps,
  { mediaTypes, dataModel }: { mediaTypes: readonly string[]; dataModel: DataModel },
  keys: readonly RecordedKey[],
): ListOffer[] {
  const offers = new Map<string, ListOffer>()
  for (const suite of deps.suites.toSorted((a, b) => Number('derive' in a) - Number('derive' in b))) {
    const mediaType = deps.formats.find(({ name }) => name === suite.format)?.mediaType ?? ''
    const fits = mediaTypes.includes(mediaType) && suite.dataModels.includes(dataModel)
    const key = keys.findLast(({ type }) => suite.keyTypes.includes(type))
    if (!fits || !key || offers.has(mediaType)) continue
    offers.set(mediaType, offerOf(deps, { mediaType, suite, dataModel, key }))
  }
  return [...offers.values()]
}

function offerOf(
  deps: Deps,
  {
    mediaType,
    suite,
    dataModel,
    key,
  }: { mediaType: string; suite: Suite; dataModel: DataModel; key: RecordedKey },
): ListOffer {
  return {
    mediaTypes: mediaType === 'application/vc' ? [mediaType, ...jsonTypes] : [mediaType],
    verificationMethod: key.verificationMethod,
    async sign(list, options) {
      const contexts = [list['@context'] ?? []].flat()
      const document = { ...list, '@context': [...new Set([...contexts, ...suite.contexts(dataModel)])] }
      const base = await suite.secure(document, { key: await openKey(deps, key), ...options })
      const secured = await revealAll(suite, base, options.documentLoader)
      return Buffer.from(typeof secured === 'string' ? secured : JSON.stringify(secured))
    },
  }
}

/** What verifiers can check: derived from a base proof, with every member revealed. */
async function revealAll(suite: Suite, secured: Secured, documentLoader: DocumentLoader): Promise<Secured> {
  if (!suite.derive || typeof secured === 'string') return secured
  const { '@context': _, proof: __, ...members } = secured
  const selectivePointers = Object.keys(members).map((name) => `/${name}`)
  return suite.derive(secured, { selectivePointers, documentLoader, resolveKey: async () => undefined })
}

function tokenOffer(deps: Deps, mediaType: string, keys: readonly RecordedKey[]): ListOffer | undefined {
  const token: ClaimsToken | undefined = deps.claimsTokens.find((kind) => kind.mediaType === mediaType)
  const key = token && keys.findLast(({ type }) => token.keyTypes.includes(type))
  if (!token || !key) return undefined
  return {
    mediaTypes: [mediaType],
    verificationMethod: key.verificationMethod,
    sign: async (claims) => token.sign(claims, await openKey(deps, key)),
  }
}

async function openKey(
  { keys }: Pick<Deps, 'keys'>,
  { keyRef, verificationMethod }: RecordedKey,
): Promise<AssertionKey> {
  return { verificationMethod, signer: await keys.requireSigner(keyRef) }
}
