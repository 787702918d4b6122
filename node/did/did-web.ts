import { isIP } from 'node:net'
import type { DIDDocument, DIDResolver, VerificationMethod } from 'did-resolver'
import { type PublicFetchOptions, publicFetch, Refused } from '../public-fetch.ts'
import { resolved, unresolved } from './resolution-result.ts'

/** Limits of look-ups of did:web. */
export type WebOptions = Omit<PublicFetchOptions, 'allowLoopback' | 'redirects'>

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
// The last label begins with a letter: "1.2.3.0x4" would be read as an IP address, which did:web forbids, and which
// would be connected to without a look-up.
const hostPattern = new RegExp(`^(?:${label}\\.)+(?=[a-z])${label}$`, 'i')
const segmentPattern = /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+$/

/** Where the document of a did:web stands (https://w3c-ccg.github.io/did-method-web/, 2.5.2). */
export function didWebUrl(id: string): URL | undefined {
  const [authority = '', ...path] = id.split(':')
  const [, host = '', port] = /^([^%]+)(?:%3[Aa]([0-9]{1,5}))?$/.exec(authority) ?? []
  if (!hostPattern.test(host) || host.length > 253 || Number(port ?? 0) > 65_535) return undefined
  if (!path.every((segment) => segmentPattern.test(segment) && !/^(\.|%2e){1,2}$/i.test(segment)))
    return undefined
  const location = path.length > 0 ? path.join('/') : '.well-known'
  const url = new URL(`https://${host}${port === undefined ? '' : `:${port}`}/${location}/did.json`)
  return isIP(url.hostname) === 0 ? url : undefined
}

const mediaTypes = 'application/did+ld+json, application/did+json, application/json'

const isMethod = (value: unknown): value is VerificationMethod => {
  const { id, type, controller } = (value ?? {}) as Partial<VerificationMethod>
  return [id, type, controller].every((member) => typeof member === 'string')
}

const relationships = [
  'authentication',
  'assertionMethod',
  'keyAgreement',
  'capabilityInvocation',
  'capabilityDelegation',
] as const

/** Checks what its readers rely on, and makes relative ids of methods absolute (DID Core, 3.2.2). */
function parseDocument(did: string, text: string): DIDDocument {
  const document = JSON.parse(text) as DIDDocument | null
  if (document?.id !== did) throw new Refused('The document has the id of another DID.')
  const absolute = (id: string) => (id.startsWith('#') ? `${did}${id}` : id)
  const withId = (method: unknown): VerificationMethod => {
    if (!isMethod(method)) throw new Refused('A verification method of the document is malformed.')
    return { ...method, id: absolute(method.id) }
  }
  const list = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw new Refused('A list of verification methods of the document is none.')
    return value
  }
  const parsed: DIDDocument = { ...document }
  if (parsed.verificationMethod) parsed.verificationMethod = list(parsed.verificationMethod).map(withId)
  for (const name of relationships) {
    if (parsed[name] === undefined) continue
    parsed[name] = list(parsed[name]).map((entry) =>
      typeof entry === 'string' ? absolute(entry) : withId(entry),
    )
  }
  return parsed
}

/** Makes a resolver of did:web that reaches public hosts only, over HTTPS, within limits of time and size. */
export function createDidWebResolver(options: WebOptions): DIDResolver {
  return async (did, { id }) => {
    const url = didWebUrl(id)
    if (!url) return unresolved('invalidDid', 'The did:web names no host.')
    try {
      const text = (await publicFetch(url, mediaTypes, options)).toString('utf8')
      return resolved(parseDocument(did, text))
    } catch (error) {
      if (error instanceof Refused) return unresolved('notFound', error.message)
      if (error instanceof SyntaxError) return unresolved('notFound', 'The DID document is no JSON.')
      if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND')
        return unresolved('notFound', 'There is no such host.')
      return unresolved('hostUnreachable', 'The host of the DID document does not answer.')
    }
  }
}
