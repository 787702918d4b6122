import { createHash } from 'node:crypto'
import { decodeMultibase } from '../did/multikey.ts'
import { IssuerError } from '../errors.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { Json, JsonObject } from '../json.ts'
import { jcsBytes } from '../schemas/digest.ts'
import type { DocumentLoader } from '../suites/suite.ts'
import type { CheckResult } from './verification.ts'

type Hash = 'sha256' | 'sha384' | 'sha512'

/** Codes of the multihash table, as the bytes before a digest: code and length. */
const multihashes: readonly (readonly [string, Hash])[] = [
  ['1220', 'sha256'],
  ['2030', 'sha384'],
  ['1340', 'sha512'],
]

interface Digest {
  hash: Hash
  hex: string
}

/** The digests of the strongest hash in integrity metadata (Subresource Integrity); none for what is no such text. */
function parseSri(text: string): Digest[] {
  const found = text
    .split(/\s+/)
    .flatMap((part) => {
      const [, hash, base64] = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(\?.*)?$/.exec(part) ?? []
      return hash && base64
        ? [{ hash: hash as Hash, hex: Buffer.from(base64, 'base64').toString('hex') }]
        : []
    })
    .toSorted((a, b) => (a.hash < b.hash ? 1 : -1))
  return found.filter(({ hash }) => hash === found[0]?.hash)
}

function parseMultihash(multibase: string): Digest[] {
  const hex = Buffer.from(decodeMultibase(multibase) ?? []).toString('hex')
  return multihashes.flatMap(([prefix, hash]) =>
    hex.startsWith(prefix) && hex.length === prefix.length + 2 * Number.parseInt(prefix.slice(2), 16)
      ? [{ hash, hex: hex.slice(prefix.length) }]
      : [],
  )
}

const matches = (digests: readonly Digest[], bytes: Uint8Array): boolean =>
  digests.some(({ hash, hex }) => createHash(hash).update(bytes).digest('hex') === hex)

/** A context whose URL holds the digest of its JCS bytes is served as these bytes, and no others. */
const contentAddressed = /\/contexts\/[0-9a-f]{64}\.jsonld$/

/** SHA-256 of contexts byte for byte as they are published (Verifiable Credentials Data Model 2.0, B.1). */
const published = new Map([
  [
    'https://www.w3.org/ns/credentials/v2',
    '59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734',
  ],
])

/** Of what is published elsewhere only the meaning is known here: bytes in which it may be written. */
function writings(url: string, document: JsonObject): Uint8Array[] {
  const pretty = JSON.stringify(document, null, 2)
  const others = [Buffer.from(pretty), Buffer.from(`${pretty}\n`)]
  return [jcsBytes(document), ...(contentAddressed.test(url) ? [] : others)]
}

async function known(url: string, load: DocumentLoader): Promise<JsonObject | undefined> {
  try {
    return (await load(url)).document
  } catch (error) {
    if (error instanceof IssuerError) return undefined
    throw error
  }
}

async function checkResource(resource: JsonObject, load: DocumentLoader): Promise<CheckResult> {
  const { id, digestSRI, digestMultibase } = resource as Record<string, string | undefined>
  const url = id as string
  const stated = [
    ...(digestSRI === undefined ? [] : [parseSri(digestSRI)]),
    ...(digestMultibase === undefined ? [] : [parseMultihash(digestMultibase)]),
  ]
  if (stated.some((digests) => digests.length === 0)) {
    return { status: 'fail', reason: `The digest of the related resource ${url} is none.` }
  }
  const document = await known(url, load)
  const reason = `The related resource ${url} was not fetched, so that its digest is not checked.`
  if (!document) return { status: 'unknown', reason }
  const candidates = writings(url, document)
  const isPublished = ({ hash, hex }: Digest) => hash === 'sha256' && hex === published.get(url)
  const holds = (digests: readonly Digest[]) =>
    digests.some(isPublished) || candidates.some((bytes) => matches(digests, bytes))
  if (stated.every(holds)) return { status: 'pass' }
  const isDenied = (digests: readonly Digest[]) =>
    !holds(digests) && published.has(url) && digests.every(({ hash }) => hash === 'sha256')
  return contentAddressed.test(url) || stated.some(isDenied)
    ? { status: 'fail', reason: `The related resource ${url} does not have the digest that was signed.` }
    : { status: 'unknown', reason }
}

/**
 * Whether resources that a credential relates to have the digests it states (Verifiable Credentials Data Model 2.0,
 * 5.3), as far as they are here: nothing is fetched for them. Undefined when it names none.
 */
export async function checkResources(
  { document, facts }: OpenedCredential,
  load: DocumentLoader,
): Promise<CheckResult | undefined> {
  const { relatedResource } = document
  if (facts.dataModel !== '2.0' || relatedResource === undefined) return undefined
  const resources = [relatedResource].flat() as Json[]
  const results = await Promise.all(resources.map((resource) => checkResource(resource as JsonObject, load)))
  const found = (status: CheckResult['status']) => results.find((result) => result.status === status)
  return found('fail') ?? found('unknown') ?? { status: 'pass' }
}
