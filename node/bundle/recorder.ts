import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Resolvable } from 'did-resolver'
import type { DidEvent, Hex, Ledger } from '../ledger/ledger.ts'
import { schemaId, statusListId } from '../ledger/resource-id.ts'
import { openSchema } from '../schemas/open-schema.ts'
import type { VerificationLedger } from '../verification/verification.ts'
import type { Bundle } from './bundle.ts'

type Facts = Pick<Bundle, 'resolutions' | 'histories' | 'schemas' | 'statusLists' | 'registrations'>

/** A ledger and a resolver that keep what they are asked. */
export interface Recorder {
  ledger: VerificationLedger
  resolver: Resolvable
  facts(): Facts
}

const pack = promisify(gzip)

function eventJson({ change, ...event }: DidEvent): Facts['histories'][number]['events'][number] {
  if (change.kind === 'ownerChanged') return { ...event, change }
  const validTo = change.validTo.toString()
  return change.kind === 'delegateChanged'
    ? { ...event, change: { ...change, validTo } }
    : { ...event, change: { ...change, validTo, value: `0x${Buffer.from(change.value).toString('hex')}` } }
}

function contextsOf(input: Parameters<typeof openSchema>[0]): Facts['schemas'][number]['contexts'] {
  return openSchema(input).contexts.flatMap(({ url, document }) => (document ? [{ url, document }] : []))
}

/** Records what verification asks of a ledger and of a resolver. */
export function createRecorder({ ledger, resolver }: { ledger: Ledger; resolver: Resolvable }): Recorder {
  const facts = {
    resolutions: new Map<string, Facts['resolutions'][number]>(),
    histories: new Map<string, Facts['histories'][number]>(),
    schemas: new Map<Hex, Facts['schemas'][number]>(),
    statusLists: new Map<Hex, Facts['statusLists'][number]>(),
    registrations: new Map<string, Facts['registrations'][number]>(),
  }
  const listIds = new Map<Hex, string>()
  const listBits = new Map<Hex, Uint8Array>()

  const recorded: VerificationLedger = {
    identityOf: ledger.identityOf,
    dids: {
      history: async (identity) => {
        const events = await ledger.dids.history(identity)
        const did = ledger.didOf(identity)
        facts.histories.set(did, { did, events: events.map(eventJson) })
        return events
      },
    },
    schemas: {
      get: async (name) => {
        const found = await ledger.schemas.get(name)
        if (!found) return undefined
        const id = schemaId(ledger.didOf(name.issuer), name.name, name.version)
        const { key, active, restricted, blockNumber, time, digest } = found
        const content = new TextDecoder('utf-8', { fatal: true }).decode(found.content)
        const contexts = contextsOf({ schemaId: id, content: found.content, digest })
        const known = { id, key, content, active, restricted, blockNumber, time, contexts, allowed: {} }
        facts.schemas.set(key, known)
        return found
      },
      isAllowed: async (key, issuer) => {
        const allowed = await ledger.schemas.isAllowed(key, issuer)
        const schema = facts.schemas.get(key)
        if (schema) schema.allowed[issuer] = allowed
        return allowed
      },
    },
    statusLists: {
      keyOf: (name) => {
        const key = ledger.statusLists.keyOf(name)
        listIds.set(key, statusListId(ledger.didOf(name.issuer), name.purpose, name.number))
        return key
      },
      rootOf: ledger.statusLists.rootOf,
      get: async (key) => {
        const found = await ledger.statusLists.get(key)
        if (!found) return undefined
        const { capacity, registered, version } = found
        const { bits } = await ledger.statusLists.bitstring(key)
        const packed = (await pack(bits)).toString('base64')
        const id = listIds.get(key) as string
        listBits.set(key, bits)
        facts.statusLists.set(key, { id, capacity, registered, version, bits: packed })
        return found
      },
      statusOf: async (key, index) => {
        const bits = listBits.get(key)
        return bits ? isSet(bits, index) : ledger.statusLists.statusOf(key, index)
      },
      registrationInTransaction: async (key, transactionHash) => {
        const found = await ledger.statusLists.registrationInTransaction(key, transactionHash)
        const listId = listIds.get(key) as string
        const copy = found.map((registration) => ({ ...registration }))
        facts.registrations.set(`${key}${transactionHash}`, { listId, transactionHash, found: copy })
        return found
      },
    },
  }

  return {
    ledger: recorded,
    resolver: {
      resolve: async (didUrl, options) => {
        const result = await resolver.resolve(didUrl, options)
        const { error } = result.didResolutionMetadata
        const { deactivated, versionId, updated } = result.didDocumentMetadata
        facts.resolutions.set(didUrl, {
          didUrl,
          document: result.didDocument ? { ...result.didDocument } : null,
          metadata: {
            ...(deactivated === undefined ? {} : { deactivated }),
            ...(versionId === undefined ? {} : { versionId }),
            ...(updated === undefined ? {} : { updated }),
          },
          ...(error === undefined ? {} : { error }),
        })
        return result
      },
    },
    facts: () => ({
      resolutions: [...facts.resolutions.values()],
      histories: [...facts.histories.values()],
      schemas: [...facts.schemas.values()],
      statusLists: [...facts.statusLists.values()],
      registrations: [...facts.registrations.values()],
    }),
  }
}

/** Whether the bit of an index is set, the most significant first. */
export function isSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0
}
