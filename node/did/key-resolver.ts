import { parse, type Resolvable } from 'did-resolver'
import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { KeyResolver, KeyValidity, ProofPurpose, ResolvedKey } from '../suites/suite.ts'
import { judgeKey } from './judge-key.ts'
import { type KeyHistory, type KeyPeriod, publicKeyOf } from './key-history.ts'
import { type DidResolution, resolveDid } from './resolve-did.ts'

interface KeyResolverOptions {
  /**
   * What the ledger says about the keys of a did:ethr of its registry, undefined for other DIDs; without it only the
   * present document counts. @throws CHAIN_UNREACHABLE, KEY_DOUBTFUL
   */
  history?: (did: string) => Promise<KeyHistory | undefined>
}

type Method = ResolvedKey['verificationMethod']
type Options = NonNullable<Parameters<KeyResolver>[1]>

const isMethod = (value: Json | undefined, id: string): value is Method => {
  const method = (value ?? {}) as JsonObject
  return method.id === id && typeof method.type === 'string' && typeof method.controller === 'string'
}

const listOf = (document: JsonObject, name: string): readonly Json[] => {
  const value = document[name]
  return Array.isArray(value) ? value : []
}

/** The method with this id, if the document lists it for the purpose and its controller is the DID itself. */
function methodFor(
  document: DidResolution['document'],
  purpose: ProofPurpose,
  id: string,
): Method | undefined {
  const listed = listOf(document, purpose).find((entry) => entry === id || isMethod(entry, id))
  const method =
    typeof listed === 'string'
      ? listOf(document, 'verificationMethod').find((candidate) => isMethod(candidate, id))
      : listed
  return isMethod(method, id) && method.controller === document.id ? method : undefined
}

const isOver = ({ isEnded, until }: KeyPeriod): boolean =>
  isEnded || (until !== null && Date.parse(until) <= Date.now())

/** The time of listing that a proof of this time falls into, or else the last one. */
function periodFor(periods: readonly KeyPeriod[], signedAt: Date | undefined): KeyPeriod | undefined {
  const isWithin = ({ from, until }: KeyPeriod) =>
    (from === null || Date.parse(from) <= Number(signedAt)) &&
    (until === null || Number(signedAt) <= Date.parse(until))
  return (signedAt && periods.findLast(isWithin)) ?? periods.at(-1)
}

function validityOf({ from, until, fingerprint }: KeyPeriod, { compromisedSince }: KeyHistory): KeyValidity {
  return {
    validFrom: from,
    validUntil: until,
    compromisedSince: compromisedSince(fingerprint)?.toISOString() ?? null,
  }
}

/**
 * The part of an earlier document that shows a key, from the event that listed it; undefined for attributes of other
 * names than the usual ones. Resolving that version would walk through the whole history once more for each key.
 */
function pastDocument(
  { '@context': contexts, id: controller }: DidResolution['document'],
  id: string,
  { attribute }: KeyPeriod,
): DidResolution['document'] | undefined {
  const key = attribute && publicKeyOf(attribute)
  if (!key) return undefined
  const method = { id, controller, ...key }
  const context = contexts === undefined ? {} : { '@context': contexts }
  return { ...context, id: controller, verificationMethod: [method], assertionMethod: [id] }
}

/** An answer is given now: a key that others may hold gives none. @throws KEY_NOT_VALID */
function refuseStolen(known: KeyHistory | undefined, period: KeyPeriod | undefined): void {
  const since = period && known?.compromisedSince(period.fingerprint)
  if (!since) return
  const detail = `The holder says that others may hold the key since ${since.toISOString()}.`
  throw new IssuerError('KEY_NOT_VALID', { detail })
}

/**
 * Resolves DID URLs of verification methods, which must be listed for the purpose. Holders answer with keys that they
 * have now; what an issuer signed is judged by the key's history, where there is one: a key that has been removed is
 * found when the caller tells the time of signing or other evidence. A deactivated DID has no keys any more: its method
 * is given as it was before, with `deactivated: true`, so that a signature can be told from its issuer's state. The
 * resolver throws KEY_NOT_VALID, KEY_DOUBTFUL, CHAIN_UNREACHABLE, DID_HOST_UNREACHABLE, DID_METHOD_UNSUPPORTED.
 */
export function keyResolver(resolver: Resolvable, { history }: KeyResolverOptions = {}): KeyResolver {
  const versionOf = async (did: string, blockNumber: number) =>
    resolveDid(resolver, `${did}?versionId=${blockNumber}`)

  /** A method by the document of now. */
  async function fromDocument(id: string, purpose: ProofPurpose, current: DidResolution) {
    const { deactivated, versionId } = current
    const before = deactivated && versionId !== undefined
    const { document } =
      (before ? await versionOf(current.document.id, Number(versionId) - 1) : current) ?? current
    const verificationMethod = methodFor(document, purpose, id)
    return verificationMethod && { verificationMethod, didDocument: document, deactivated }
  }

  /** A method by the history of its DID. */
  async function fromHistory(
    id: string,
    { current, period, known }: { current: DidResolution; period: KeyPeriod; known: KeyHistory },
    { signedAt, evidence }: Options,
  ): Promise<ResolvedKey | undefined> {
    const { deactivated } = current
    const wasRemoved = isOver(period) && !(deactivated && period.until === known.deactivatedAt)
    if (wasRemoved && !signedAt && !evidence) return undefined
    const isListed = !isOver(period) && methodFor(current.document, 'assertionMethod', id)
    const document = isListed
      ? current.document
      : (pastDocument(current.document, id, period) ??
        ((await versionOf(current.document.id, period.blockNumber)) ?? current).document)
    const verificationMethod = methodFor(document, 'assertionMethod', id)
    if (!verificationMethod) return undefined
    const validity = validityOf(period, known)
    const isJudged = wasRemoved || signedAt !== undefined || validity.compromisedSince !== null
    if (isJudged) await judgeKey({ ...validity, isOver: isOver(period) }, { signedAt, evidence })
    return { verificationMethod, didDocument: document, deactivated, validity }
  }

  return async (didUrl, options = {}) => {
    const parsed = parse(didUrl)
    if (!parsed?.fragment || parsed.path || parsed.query) return undefined
    const { did, fragment } = parsed
    const { purpose = 'assertionMethod', signedAt } = options
    const told = signedAt && !Number.isNaN(signedAt.getTime()) ? signedAt : undefined
    const current = await resolveDid(resolver, did)
    if (!current) return undefined
    const id = `${did}#${fragment}`
    const known = await history?.(did)
    const periods = known?.periods.filter((period) => period.fragment === fragment) ?? []
    if (purpose === 'authentication') {
      refuseStolen(known, periods.at(-1))
      return fromDocument(id, purpose, current)
    }
    const period = periodFor(periods, told)
    if (!known || !period) return fromDocument(id, purpose, current)
    const { signedAt: _, ...others } = options
    return fromHistory(id, { current, period, known }, { ...others, ...(told && { signedAt: told }) })
  }
}
