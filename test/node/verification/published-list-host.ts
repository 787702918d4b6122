import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CredentialFacts } from '../../../node/formats/format.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { StatusPurpose } from '../../../node/ledger/ledger.ts'
import { statusListFetcher } from '../../../node/status/fetch-status-list.ts'
import { statusEncodings } from '../../../node/status/index.ts'
import type { ListEncoding } from '../../../node/status/status-list.ts'
import { claimsTokens } from '../../../node/suites/claims-tokens.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { createSuites } from '../../../node/suites/index.ts'
import { checkStatus } from '../../../node/verification/check-status.ts'
import { createPublishedLists } from '../../../node/verification/published-lists.ts'
import type { Checks } from '../../../node/verification/verification.ts'
import { startChain } from '../../chain.ts'
import { openIssuers, type TestIssuer } from '../suites/issuers.ts'
import { openLedgerIssuers } from './ledger-issuers.ts'

const suites = createSuites({ publicUrl: 'https://issuer.example' })
const documentLoader = createDocumentLoader({ extra: async () => undefined })
export const hour = 3_600_000
export const size = 131_072
export const encodings = [
  ['BitstringStatusListEntry', 'eddsa-rdfc-2022'],
  ['BitstringStatusListEntry', 'vc+jwt'],
  ['StatusList2021Entry', 'Ed25519Signature2020'],
  ['TokenStatusList', 'application/statuslist+jwt'],
  ['TokenStatusList', 'application/statuslist+cwt'],
] as const
type Variant = (typeof encodings)[number]

interface Wish {
  signer?: TestIssuer
  revoked?: readonly number[]
  suspended?: readonly number[]
  purpose?: StatusPurpose
  /** Changes the list before it is signed. */
  change?(list: JsonObject): JsonObject
}

const bitsOf = (indices: readonly number[]) => {
  const bits = new Uint8Array(size / 8)
  for (const index of indices) bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7))
  return bits
}

/** That nothing is known of the status, for a reason. */
export const assertUnknown = (found: Checks['revocation'], reason: RegExp, name = '') => {
  assert.deepEqual([found.status, found.revoked], ['unknown', null], `${name} ${found.reason}`)
  assert.match(found.reason ?? '', reason, name)
}

export type PublishedListHost = Awaited<ReturnType<typeof openPublishedListHost>>

/** A server of status lists on a real socket, an issuer on no ledger that signs them, and what a verifier finds there. */
export async function openPublishedListHost() {
  const chain = await startChain()
  const house = await openLedgerIssuers(chain)
  const issuers = await openIssuers()
  const issuer = await issuers.create('key', 'Ed25519')
  const other = await issuers.create('key', 'Ed25519')
  const ignore: RequestListener = () => undefined
  /** What tests change: the time of the verifier, and what the server does. */
  const host = { now: new Date(), requests: 0, respond: ignore }
  const server = createServer((request, response) => {
    host.requests += 1
    host.respond(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`

  const reader = (timeout = 300) =>
    createPublishedLists({
      ...{ ...house.deps, suites, claimsTokens },
      now: () => host.now,
      fetch: statusListFetcher({ allowLoopback: true, timeout }),
    })

  /** A list, signed as a variant says. */
  async function listOf([name, securing]: Variant, wish: Wish = {}): Promise<Buffer> {
    const { signer = issuer, revoked = [], suspended = [], purpose = 'revocation' } = wish
    const { list } = statusEncodings.find((encoding) => encoding.name === name) as { list: ListEncoding }
    const unsigned = await list.encode({
      ...{ url, issuer: signer.did, purpose, aggregationUrl: `${url}s` },
      bits: { revocation: bitsOf(revoked), suspension: bitsOf(suspended) },
      validFrom: new Date(host.now.getTime() - hour),
      validUntil: new Date(host.now.getTime() + hour),
      ttlMilliseconds: 60_000,
    })
    const document = wish.change?.(unsigned) ?? unsigned
    const token = claimsTokens.find(({ mediaType }) => mediaType === securing)
    if (token) return Buffer.from(await token.sign(document, signer.key))
    const suite = suites.find((candidate) => candidate.name === securing)
    assert(suite)
    const model = name === 'StatusList2021Entry' ? '1.1' : '2.0'
    const contexts = [...new Set([document['@context'] ?? [], suite.contexts(model)].flat())]
    const secured = await suite.secure(
      { ...document, '@context': contexts },
      { key: signer.key, created: host.now, documentLoader },
    )
    return Buffer.from(typeof secured === 'string' ? secured : JSON.stringify(secured))
  }

  const serve = (body: Buffer | string, status = 200, headers: Record<string, string> = {}) => {
    host.respond = (_, response) => response.writeHead(status, headers).end(body)
  }

  /** What is found about a credential with an entry of this encoding. */
  async function judge(
    [name]: readonly [string, ...unknown[]],
    index: number,
    {
      lists = reader(),
      purpose = 'revocation',
      at = url,
    }: { lists?: ReturnType<typeof reader>; purpose?: string; at?: string } = {},
  ): Promise<Checks['revocation']> {
    const entry = {
      type: name,
      statusPurpose: purpose,
      statusListIndex: String(index),
      statusListCredential: at,
    }
    const isToken = name === 'TokenStatusList'
    const facts = {
      issuer: issuer.did,
      credentialStatus: isToken ? [] : [entry],
      ...(isToken && { status: { status_list: { idx: index, uri: at } } }),
    }
    return checkStatus({ ...house.deps, publishedLists: lists }, facts as unknown as CredentialFacts)
  }

  const close = async () => {
    server.closeAllConnections()
    server.close()
    await issuers.close()
    await house.close()
    await chain.close()
  }
  return Object.assign(host, { house, issuer, other, url, reader, listOf, serve, judge, close })
}
