import type { DIDDocument } from 'did-resolver'
import type { KeyType } from '../keys/key-store.ts'
import { didWebUrl } from './did-web.ts'
import { keyMultibase } from './multikey.ts'

const segment = /^[A-Za-z0-9_][A-Za-z0-9._~-]{0,63}$/
/** Addresses of the node: nothing else can be served below them. */
const taken = new Set(['api', 'docs', 'health'])

/**
 * The did:web whose document a node with this public URL serves at a path, such as `issuers/1`; undefined when did:web
 * has no such DID: it needs https, a host name that is no IP address, and plain segments. `localhost` is a name, too, for
 * a node on trial: that resolves its own documents without a look-up, and nobody looks up those of another.
 */
export function didWebOf(publicUrl: string, path: string): string | undefined {
  const { protocol, host, pathname } = new URL(publicUrl)
  const own = path === '' ? [] : path.split('/')
  if (protocol !== 'https:' || own.length > 3 || taken.has(own[0] ?? '')) return undefined
  if (!own.every((part) => segment.test(part))) return undefined
  const base = pathname.split('/').filter((part) => part !== '')
  const id = [host.replace(':', '%3A'), ...base, ...own].join(':')
  return didWebUrl(id.replace(/^localhost(?=[%:]|$)/, 'localhost.invalid')) ? `did:web:${id}` : undefined
}

/** A DID document whose keys, Multikeys of any type, sign assertions and presentations. */
export function didWebDocument(
  did: string,
  keys: readonly { type: KeyType; publicKey: Uint8Array }[],
): DIDDocument {
  const verificationMethod = keys.map(({ type, publicKey }) => {
    const publicKeyMultibase = keyMultibase(type, publicKey)
    return { id: `${did}#${publicKeyMultibase}`, type: 'Multikey', controller: did, publicKeyMultibase }
  })
  const ids = verificationMethod.map(({ id }) => id)
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    verificationMethod,
    authentication: ids,
    assertionMethod: ids,
  }
}
