import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { DIDDocument, Resolvable } from 'did-resolver'
import { createDidResolver } from '../did/resolver.ts'
import { IssuerError } from '../errors.ts'
import { ethrDid, ethrIdentity } from '../ledger/ethr-did.ts'
import type { DidEvent, Hex } from '../ledger/ledger.ts'
import { registrationRoot } from '../ledger/registration-root.ts'
import { parseSchemaId, parseStatusListId, schemaId } from '../ledger/resource-id.ts'
import { statusListKey } from '../ledger/status-list-registry.ts'
import type { VerificationLedger } from '../verification/verification.ts'
import type { Bundle } from './bundle.ts'
import { isSet } from './recorder.ts'

const mostListBytes = 2 ** 21

/** What was not asked when the bundle was made cannot be told from it. */
const missing = (what: string): IssuerError =>
  new IssuerError('CHAIN_UNREACHABLE', { detail: `The bundle does not hold ${what}.` })

function readEvent({ change, ...event }: Bundle['histories'][number]['events'][number]): DidEvent {
  if (change.kind === 'ownerChanged') return { ...event, change }
  const validTo = BigInt(change.validTo)
  return change.kind === 'delegateChanged'
    ? { ...event, change: { ...change, validTo } }
    : { ...event, change: { ...change, validTo, value: Buffer.from(change.value.slice(2), 'hex') } }
}

function readBits({ id, bits }: Bundle['statusLists'][number]): Uint8Array {
  try {
    return gunzipSync(Buffer.from(bits, 'base64'), { maxOutputLength: mostListBytes })
  } catch {
    throw missing(`the words of ${id} in a form that can be unpacked`)
  }
}

/** A resolver of what a bundle holds; did:key and did:jwk hold their keys themselves and are never taken from it. */
function bundleResolver({ resolutions, network }: Bundle): Resolvable {
  const known = new Map(resolutions.map((resolution) => [resolution.didUrl, resolution]))
  const computed = createDidResolver({ ...network, rpcUrl: 'http://127.0.0.1:9' })
  return {
    resolve: async (didUrl) => {
      if (/^did:(key|jwk):/.test(didUrl)) return computed.resolve(didUrl)
      const found = known.get(didUrl)
      if (!found) throw missing(`the document of ${didUrl}`)
      const { document, metadata, error } = found
      const did = didUrl.split('?')[0]
      if (document !== null && document.id !== did) throw missing(`a document of ${didUrl} with its id`)
      return {
        didResolutionMetadata: error === undefined ? {} : { error },
        didDocument: document as DIDDocument | null,
        didDocumentMetadata: metadata as Record<string, never>,
      }
    },
  }
}

/** The facts of a bundle in the place of a chain. What it does not hold is an outage: no verdict follows from it. */
export function bundleFacts(bundle: Bundle): { ledger: VerificationLedger; resolver: Resolvable } {
  const { chainId } = bundle.network
  const histories = new Map(bundle.histories.map(({ did, events }) => [did, events]))
  const schemas = new Map(bundle.schemas.map((schema) => [schema.id, schema]))
  const lists = new Map(
    bundle.statusLists.flatMap((list) => {
      const name = parseStatusListId(list.id)
      return name ? [[statusListKey(name), { ...list, name }] as const] : []
    }),
  )
  const requireList = (key: Hex) => {
    const list = lists.get(key)
    if (!list) throw missing('the status list')
    return list
  }

  const ledger: VerificationLedger = {
    identityOf: (did) => ethrIdentity(chainId, did),
    dids: {
      history: async (identity) => {
        const events = histories.get(ethrDid(chainId, identity))
        if (!events) throw missing('the history of the DID')
        return events.map(readEvent)
      },
    },
    schemas: {
      get: async (name) => {
        const schema = schemas.get(schemaId(ethrDid(chainId, name.issuer), name.name, name.version))
        if (!schema || !parseSchemaId(schema.id)) throw missing('the schema')
        const { key, active, restricted, blockNumber, time } = schema
        const content = new TextEncoder().encode(schema.content)
        // never the digest that the bundle says
        const digest: Hex = `0x${createHash('sha256').update(content).digest('hex')}`
        return { ...name, key, content, digest, active, restricted, blockNumber, time }
      },
      isAllowed: async (key, issuer) => {
        const allowed = bundle.schemas.find((schema) => schema.key === key)?.allowed
        if (!allowed || !Object.hasOwn(allowed, issuer))
          throw missing('whether the issuer may use the schema')
        return allowed[issuer] === true
      },
    },
    statusLists: {
      keyOf: statusListKey,
      rootOf: registrationRoot,
      get: async (key) => {
        const { name, capacity, registered, version } = requireList(key)
        return { ...name, key, capacity, registered, version }
      },
      statusOf: async (key, index) => {
        const bits = readBits(requireList(key))
        if (index >= bits.length * 8) throw missing('the word of the status entry')
        return isSet(bits, index)
      },
      registrationInTransaction: async (key, transactionHash) => {
        const found = bundle.registrations.find(({ listId, ...known }) => {
          const name = parseStatusListId(listId)
          return name && statusListKey(name) === key && known.transactionHash === transactionHash
        })
        if (!found) throw missing('the registration')
        return found.found
      },
    },
  }
  return { ledger, resolver: bundleResolver(bundle) }
}
