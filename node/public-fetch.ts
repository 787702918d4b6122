import { lookup as dnsLookup } from 'node:dns/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './did/public-address.ts'

interface HostAddress {
  address: string
  family: number
}

/** Limits of what is fetched from an address that somebody else chose. */
export interface PublicFetchOptions {
  /** Milliseconds altogether; 5,000 when left out. */
  timeout?: number
  /** Most bytes of an answer; 262,144 when left out. */
  maximumBytes?: number
  /** Redirects that are followed, each under the same rules; none when left out. */
  redirects?: number
  /** Certificates (PEM) to trust instead of those of Node. */
  ca?: string
  /** Whether hosts may stand in a private network; false when left out. */
  allowPrivateAddresses?: boolean
  /** Whether this machine may be asked, and without TLS; false when left out. */
  allowLoopback?: boolean
  /** Finds the addresses of a host name; that of the system when left out. */
  lookup?: (hostname: string) => Promise<readonly HostAddress[]>
}

/** A fetch that failed for good, with a sentence for whoever asked. */
export class Refused extends Error {}

const systemLookup = (hostname: string): Promise<readonly HostAddress[]> => dnsLookup(hostname, { all: true })
const isLoopback = (address: string): boolean => address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)

function isAllowed(address: string, options: PublicFetchOptions): boolean {
  const { allowPrivateAddresses = false, allowLoopback = false } = options
  return allowPrivateAddresses || isPublicAddress(address) || (allowLoopback && isLoopback(address))
}

const noPublicAddress = 'The host has no public address.'

/** A look-up for `connect`: what it gives is what is connected to, so no second answer of the DNS can differ. */
function guardedLookup(options: PublicFetchOptions): LookupFunction {
  const { lookup = systemLookup } = options
  return (hostname, { all }, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const [first] = addresses
        const allowed = addresses.every(({ address }) => isAllowed(address, options))
        if (!first || !allowed) callback(new Refused(noPublicAddress), [])
        else if (all) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error) => callback(error, []),
    )
  }
}

/** Only this machine is spoken to without TLS; a literal address is connected to without a look-up. */
function checkUrl(url: URL, options: PublicFetchOptions): void {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isHere = options.allowLoopback === true && (isLoopback(host) || host === 'localhost')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) {
    throw new Refused('The address is not one of https.')
  }
  if (url.username !== '' || url.password !== '') throw new Refused('The address has a user name.')
  if (isIP(host) > 0 && !isAllowed(host, options)) throw new Refused(noPublicAddress)
}

interface Question {
  method: 'GET' | 'POST'
  headers: Readonly<Record<string, string>>
  body?: string
}

function ask(
  url: URL,
  { method, headers, body }: Question,
  { signal, ...options }: PublicFetchOptions & { signal: AbortSignal },
): Promise<IncomingMessage> {
  const open = url.protocol === 'http:' ? requestHttp : requestHttps
  return new Promise((resolve, reject) => {
    const request = open(url, {
      method,
      agent: false,
      lookup: guardedLookup(options),
      headers: { ...headers, 'accept-encoding': 'identity' },
      maxHeaderSize: 16_384,
      signal,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    })
    request.on('error', reject)
    request.on('response', resolve)
    request.end(body)
  })
}

async function bodyOf(response: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    // leaving the loop destroys the connection
    if (size > maximumBytes) throw new Refused('The answer is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Fetches a document over HTTPS from a public host, within limits of time and size.
 * @throws Refused when asking again would be in vain, other errors when the host does not answer
 */
export async function publicFetch(
  address: URL,
  accept: string,
  options: PublicFetchOptions = {},
): Promise<Buffer> {
  const { timeout = 5_000, maximumBytes = 262_144, redirects = 0 } = options
  const signal = AbortSignal.timeout(timeout)
  let url = address
  for (let followed = 0; ; followed++) {
    checkUrl(url, options)
    const response = await ask(url, { method: 'GET', headers: { accept } }, { ...options, signal })
    const { statusCode = 0, headers } = response
    if (statusCode === 200) return bodyOf(response, maximumBytes)
    response.destroy()
    const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && followed < redirects
    const target = isRedirect && headers.location ? URL.parse(headers.location, url.href) : null
    if (!target) {
      const reason = `The host answers with status ${statusCode}.`
      throw statusCode >= 500 || statusCode === 429 ? new Error(reason) : new Refused(reason)
    }
    url = target
  }
}

/**
 * Sends a body to a public host over HTTPS, within limits of time and size, and gives the status with which it answers
 * and what it says. Redirects are not followed; `stopping` gives it up.
 * @throws Refused when the address must not be asked or says too much, other errors when the host does not answer
 */
export async function publicPost(
  address: URL,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
  { stopping, ...options }: Omit<PublicFetchOptions, 'redirects'> & { stopping?: AbortSignal } = {},
): Promise<{ status: number; body: Buffer; headers: IncomingMessage['headers'] }> {
  const { timeout = 5_000, maximumBytes = 262_144 } = options
  checkUrl(address, options)
  const signal = AbortSignal.any([AbortSignal.timeout(timeout), ...(stopping ? [stopping] : [])])
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  const question = { method: 'POST', headers: { ...headers, ...length }, body } as const
  const response = await ask(address, question, { ...options, signal })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await bodyOf(response, maximumBytes),
  }
}
