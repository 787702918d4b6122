import { parse, type Resolvable } from 'did-resolver'
import type { Json, JsonObject } from '../json.ts'
import type { KeyResolver, ProofPurpose, ResolvedKey } from '../suites/suite.ts'
import { type DidResolution, resolveDid } from './resolve-did.ts'

interface KeyResolverOptions {
  /** Resolves the keys as they were at that time; as they are now when left out. Supported by did:ethr. */
  at?: Date
}

type Method = ResolvedKey['verificationMethod']

const isMethod = (value: Json | undefined, id: string): value is Method => {
  const method = (value ?? {}) as JsonObject
  return method.id === id && typeof method.type === 'string' && typeof method.controller === 'string'
}

const listOf = (document: JsonObject, name: string): readonly Json[] => {
  const value = document[name]
  return Array.isArray(value) ? value : []
}

/** The method with this id, if the document lists it under the purpose and its controller is the DID itself. */
function methodFor(
  purpose: ProofPurpose,
  document: DidResolution['document'],
  id: string,
): Method | undefined {
  const listed = listOf(document, purpose).find((entry) => entry === id || isMethod(entry, id))
  const method =
    typeof listed === 'string'
      ? listOf(document, 'verificationMethod').find((candidate) => isMethod(candidate, id))
      : listed
  return isMethod(method, id) && method.controller === document.id ? method : undefined
}

const withQuery = (did: string, query: string | undefined) => (query ? `${did}?${query}` : did)
const versionTime = (at: Date) => `versionTime=${at.toISOString().slice(0, 19)}Z`

/**
 * Resolves DID URLs of verification methods, which must stand under the purpose that is asked for. A deactivated DID has no keys any
 * more: its method is given as it was before the deactivation, with `deactivated: true`, so that a signature can be
 * told from its issuer's state. The resolver throws CHAIN_UNREACHABLE, DID_HOST_UNREACHABLE, DID_METHOD_UNSUPPORTED.
 */
export function keyResolver(resolver: Resolvable, { at }: KeyResolverOptions = {}): KeyResolver {
  return async (didUrl, { purpose = 'assertionMethod' } = {}) => {
    const parsed = parse(didUrl)
    if (!parsed?.fragment || parsed.path) return undefined
    const { did, query } = parsed
    const id = `${did}#${parsed.fragment}`
    const isVersioned = did.startsWith('did:ethr:')
    const current = await resolveDid(resolver, withQuery(did, at && isVersioned ? versionTime(at) : query))
    if (!current) return undefined
    const { deactivated, versionId } = current
    const { document } =
      (deactivated && versionId
        ? await resolveDid(resolver, `${did}?versionId=${Number(versionId) - 1}`)
        : current) ?? current
    const verificationMethod = methodFor(purpose, document, id)
    return verificationMethod && { verificationMethod, didDocument: document, deactivated }
  }
}
