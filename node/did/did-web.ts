import { lookup as dnsLookup } from 'node:dns/promises'
import { get } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { DIDDocument, DIDResolver, VerificationMethod } from 'did-resolver'
import { isPublicAddress } from './public-address.ts'
import { resolved, unresolved } from './resolution-result.ts'

interface HostAddress {
  address: string
  family: number
}

/** Limits of look-ups of did:web. */
export interface WebOptions {
  /** Milliseconds for one look-up altogether; 5,000 when left out. */
  timeout?: number
  /** Most bytes of a document; 262,144 when left out. */
  maximumBytes?: number
  /** Certificates (PEM) to trust instead of those of Node. */
  ca?: string
  /** Whether hosts may stand in a private network; false when left out. */
  allowPrivateAddresses?: boolean
  /** Finds the addresses of a host name; that of the system when left out. */
  lookup?: (hostname: string) => Promise<readonly HostAddress[]>
}

/** A look-up that failed for good, with a sentence for whoever asked. */
class Refused extends Error {}

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

const systemLookup = (hostname: string): Promise<readonly HostAddress[]> => dnsLookup(hostname, { all: true })

/** A look-up for `connect`: what it gives is what is connected to, so no second answer of the DNS can differ. */
function guardedLookup({ lookup = systemLookup, allowPrivateAddresses = false }: WebOptions): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const [first] = addresses
        const isAllowed = allowPrivateAddresses || addresses.every(({ address }) => isPublicAddress(address))
        if (!first || !isAllowed) callback(new Refused('The host has no public address.'), [])
        else if (options.all) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error) => callback(error, []),
    )
  }
}

/** Fetches a JSON text over HTTPS; follows no redirect. */
function fetchText(url: URL, options: WebOptions): Promise<string> {
  const { timeout = 5_000, maximumBytes = 262_144, ca } = options
  return new Promise((resolve, reject) => {
    const request = get(url, {
      agent: false,
      lookup: guardedLookup(options),
      headers: {
        accept: 'application/did+ld+json, application/did+json, application/json',
        'accept-encoding': 'identity',
      },
      maxHeaderSize: 16_384,
      signal: AbortSignal.timeout(timeout),
      ...(ca === undefined ? {} : { ca }),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const { statusCode = 0 } = response
      if (statusCode !== 200) {
        const reason = `The host answers with status ${statusCode}.`
        request.destroy(statusCode >= 500 || statusCode === 429 ? new Error(reason) : new Refused(reason))
        return
      }
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maximumBytes) request.destroy(new Refused('The DID document is too large.'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
  })
}

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
      return resolved(parseDocument(did, await fetchText(url, options)))
    } catch (error) {
      if (error instanceof Refused) return unresolved('notFound', error.message)
      if (error instanceof SyntaxError) return unresolved('notFound', 'The DID document is no JSON.')
      if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND')
        return unresolved('notFound', 'There is no such host.')
      return unresolved('hostUnreachable', 'The host of the DID document does not answer.')
    }
  }
}
