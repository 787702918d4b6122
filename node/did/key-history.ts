import { createHash } from 'node:crypto'
import { base58 } from '@scure/base'
import type { JsonObject } from '../json.ts'
import type { DidEvent } from '../ledger/ledger.ts'

/** The time for which a DID document of did:ethr listed a method under one id. Times are ISO 8601, UTC. */
export interface KeyPeriod {
  /** `delegate-3` or `controller`, as ethr-did-resolver 11 names the method. */
  fragment: string
  /** Hex digest of the key, the same under every id and name that it had: see `keyFingerprint`. */
  fingerprint: string
  /** Null: since before the first change. */
  from: string | null
  /** Null: no end is known. The future, where the ledger gave the key an end beforehand. */
  until: string | null
  /** Whether an event has ended it, whatever the clocks say. */
  isEnded: boolean
  /** A block in which the document showed the method. */
  blockNumber: number
  /** The attribute that listed it, where one did. */
  attribute?: { name: string; value: Uint8Array }
}

/** What a DID's history says about its keys. */
export interface KeyHistory {
  periods: readonly KeyPeriod[]
  /** Null while the DID is in use. */
  deactivatedAt: string | null
  /** When the issuer's statement says that others may hold the key; the earliest, where it made several. */
  compromisedSince(fingerprint: string): Date | undefined
}

/**
 * Name of the ERC-1056 attribute with which an issuer marks a key as compromised. It is no `did/pub/` or `did/svc/`, so
 * that resolvers ignore it and count no key for it. Its value has 40 bytes: the fingerprint of the key and the time,
 * seconds since 1970 in 8 bytes, big end first. A statement is never taken back and its validity is not looked at: who
 * gets hold of the controller key later must not clear a stolen key.
 */
export const compromiseAttribute = 'did/compromised/key'
const fingerprintBytes = 32
/** base58 takes time with the square of the length; a key of BLS12-381 G2 has 98 bytes. */
const longestKey = 200
const statementBytes = fingerprintBytes + 8
const lastSecond = 8.64e12
const noAddress = `0x${'0'.repeat(40)}`

/** Multicodec prefixes of what attributes of other names than Multikey hold, by their algorithm. */
const prefixes: Readonly<Record<string, readonly number[]>> = {
  Ed25519: [0xed, 0x01],
  Secp256k1: [0xe7, 0x01],
}

const isKeyName = (name: string): boolean => name.startsWith('did/pub/')
/** The names that ethr-did-resolver 11 reads. */
const keyName = /^did\/pub\/(\w+)(\/(\w+))?(\/(\w+))?$/

/** SHA-256 of multicodec prefix ‖ key, or of the address of an account; hex. */
export function keyFingerprint(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex')
}

/** What resolution makes of an attribute with one of the names that issuers here use, after its normalisation. */
export function publicKeyOf({ name, value }: { name: string; value: Uint8Array }): JsonObject | undefined {
  if (value.length > longestKey) return undefined
  if (name === 'did/pub/Multikey/veriKey/base58') {
    return { type: 'Multikey', publicKeyMultibase: `z${base58.encode(value)}` }
  }
  if (name === 'did/pub/Secp256k1/veriKey/hex') {
    const publicKeyHex = Buffer.from(value).toString('hex')
    return { type: 'EcdsaSecp256k1VerificationKey2019', publicKeyHex }
  }
  return undefined
}

/** The value of the attribute that marks a key as compromised since a time. */
export function compromiseStatement(fingerprint: string, since: Date): Uint8Array {
  const value = Buffer.alloc(statementBytes)
  value.write(fingerprint, 'hex')
  value.writeBigUInt64BE(BigInt(Math.floor(since.getTime() / 1000)), fingerprintBytes)
  return value
}

/** What the resolver takes for the same key: kind, name and value of its events. */
function subjectOf({ change }: DidEvent): string {
  if (change.kind === 'delegateChanged') return `delegate/${change.type}/${change.delegate}`
  if (change.kind === 'attributeChanged') {
    return `attribute/${change.name}/${Buffer.from(change.value).toString('hex')}`
  }
  return 'owner'
}

const addressBytes = (address: string): Buffer => Buffer.from(address.slice(2), 'hex')

function fingerprintOf({ change }: DidEvent): string {
  if (change.kind === 'ownerChanged') return keyFingerprint(addressBytes(change.owner))
  if (change.kind === 'delegateChanged') return keyFingerprint(addressBytes(change.delegate))
  const [, algorithm = ''] = keyName.exec(change.name) ?? []
  return keyFingerprint(Buffer.concat([Buffer.from(prefixes[algorithm] ?? []), change.value]))
}

/** Whether an event takes a number in `#delegate-…`. */
const isCounted = ({ change }: DidEvent): boolean =>
  change.kind === 'delegateChanged' || (change.kind === 'attributeChanged' && isKeyName(change.name))

/** The end that an event itself gives its key; undefined for one that ends it. */
function plannedEnd({ change }: DidEvent): string | null | undefined {
  if (change.kind === 'ownerChanged' || change.validTo === 0n) return undefined
  const seconds = Number(change.validTo)
  return seconds >= lastSecond ? null : new Date(seconds * 1000).toISOString()
}

const earlier = (a: string | null, b: string | null): string | null => {
  if (a === null || b === null) return a ?? b
  return Date.parse(a) < Date.parse(b) ? a : b
}

/** When a listing ends that has a planned end, given what became of the same key next. */
function endOf(
  planned: string | null,
  next: KeyPeriod | { until: string; isEnded: true } | undefined,
): Pick<KeyPeriod, 'until' | 'isEnded'> {
  if (next === undefined) return { until: planned, isEnded: false }
  const at = 'from' in next ? next.from : next.until
  // it ran out before it was listed again or removed
  if (planned !== null && at !== null && Date.parse(planned) < Date.parse(at)) {
    return { until: planned, isEnded: true }
  }
  return { until: next.until, isEnded: next.isEnded }
}

/**
 * The listings of delegates and attributes, numbered as ethr-did-resolver 11 numbers them. A key that is listed again
 * gets another id, and goes on: the period of its first id ends with that of the second.
 */
function listings(events: readonly DidEvent[]): KeyPeriod[] {
  const found: KeyPeriod[] = []
  const successors = new Map<string, KeyPeriod | { until: string; isEnded: true }>()
  const numbers = new Map<DidEvent, number>()
  for (const event of events) if (isCounted(event)) numbers.set(event, numbers.size + 1)
  for (const event of events.toReversed()) {
    const number = numbers.get(event)
    if (number === undefined) continue
    const subject = subjectOf(event)
    const end = plannedEnd(event)
    if (end === undefined) {
      successors.set(subject, { until: event.time, isEnded: true })
      continue
    }
    const next = successors.get(subject)
    const { until, isEnded } = endOf(end, next)
    const { time: from, blockNumber, change } = event
    const period: KeyPeriod = {
      ...{ fragment: `delegate-${number}`, fingerprint: fingerprintOf(event) },
      ...{ from, until, isEnded, blockNumber },
      ...(change.kind === 'attributeChanged' && { attribute: { name: change.name, value: change.value } }),
    }
    successors.set(subject, period)
    found.push(period)
  }
  return found
}

/** The owners one after the other, the identity itself first. */
function ownerships(identity: string, events: readonly DidEvent[]): KeyPeriod[] {
  const changes = events.filter(({ change }) => change.kind === 'ownerChanged')
  const ends = [...changes.map(({ time }) => time), null]
  const first = { fingerprint: keyFingerprint(addressBytes(identity)), from: null }
  const owners = [
    { ...first, blockNumber: (changes[0]?.blockNumber ?? 1) - 1 },
    ...changes.map((event) => ({
      ...{ fingerprint: fingerprintOf(event), from: event.time, blockNumber: event.blockNumber },
    })),
  ]
  const nobody = keyFingerprint(addressBytes(noAddress))
  return owners
    .map((owner, i) => ({ ...owner, until: ends[i] ?? null, isEnded: i < changes.length }))
    .map((owner) => ({ fragment: 'controller', ...owner }))
    .filter(({ fingerprint }) => fingerprint !== nobody)
}

function readStatement({ change }: DidEvent): { fingerprint: string; since: Date } | undefined {
  if (change.kind !== 'attributeChanged' || change.name !== compromiseAttribute) return undefined
  if (change.value.length !== statementBytes) return undefined
  const value = Buffer.from(change.value)
  const seconds = value.readBigUInt64BE(fingerprintBytes)
  // A time that no Date can hold begins after everything.
  if (seconds > BigInt(lastSecond)) return undefined
  return {
    fingerprint: value.subarray(0, fingerprintBytes).toString('hex'),
    since: new Date(Number(seconds) * 1000),
  }
}

/**
 * What the events of a did:ethr, oldest first, say about its keys; undefined where their numbers cannot be told from
 * the events alone, because an attribute has a name under `did/pub/` that resolvers count or not, as its time runs.
 */
export function readKeyHistory(identity: string, events: readonly DidEvent[]): KeyHistory | undefined {
  const isStrange = ({ change }: DidEvent) =>
    change.kind === 'attributeChanged' && isKeyName(change.name) && !keyName.test(change.name)
  if (events.some(isStrange)) return undefined
  const isEnd = ({ change }: DidEvent) => change.kind === 'ownerChanged' && change.owner === noAddress
  const deactivatedAt = events.find(isEnd)?.time ?? null
  const periods = [...ownerships(identity, events), ...listings(events)]
  const statements = events.map(readStatement).filter((statement) => statement !== undefined)
  return {
    deactivatedAt,
    periods: periods.map(({ until, isEnded, ...period }) => ({
      ...period,
      until: earlier(until, deactivatedAt),
      isEnded: isEnded || deactivatedAt !== null,
    })),
    compromisedSince: (fingerprint) =>
      statements
        .filter((statement) => statement.fingerprint === fingerprint)
        .map(({ since }) => since)
        .toSorted((a, b) => a.getTime() - b.getTime())[0],
  }
}
