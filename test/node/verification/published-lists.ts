import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
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
import { startChain, type TestChain } from '../../chain.ts'
import { type Issuers, openIssuers, type TestIssuer } from '../suites/issuers.ts'
import { type LedgerIssuers, openLedgerIssuers } from './ledger-issuers.ts'

const suites = createSuites({ publicUrl: 'https://issuer.example' })
const documentLoader = createDocumentLoader({ extra: async () => undefined })
const hour = 3_600_000
const size = 131_072
const encodings = [
  ['BitstringStatusListEntry', 'eddsa-rdfc-2022'],
  ['BitstringStatusListEntry', 'vc+jwt'],
  ['StatusList2021Entry', 'Ed25519Signature2020'],
  ['TokenStatusList', 'application/statuslist+jwt'],
  ['TokenStatusList', 'application/statuslist+cwt'],
] as const
type Variant = (typeof encodings)[number]

describe('published status lists', () => {
  let chain: TestChain
  let house: LedgerIssuers
  let issuers: Issuers
  let issuer: TestIssuer
  let other: TestIssuer
  let server: Server
  let url: string
  let requests = 0
  let respond: RequestListener
  let now = new Date()

  before(async () => {
    chain = await startChain()
    house = await openLedgerIssuers(chain)
    issuers = await openIssuers()
    issuer = await issuers.create('key', 'Ed25519')
    other = await issuers.create('key', 'Ed25519')
    server = createServer((request, response) => {
      requests += 1
      respond(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`
  })
  after(async () => {
    server?.closeAllConnections()
    server?.close()
    await issuers?.close()
    await house?.close()
    await chain?.close()
  })
  beforeEach(() => {
    now = new Date()
  })

  const reader = (timeout = 300) =>
    createPublishedLists({
      ...{ ...house.deps, suites, claimsTokens },
      now: () => now,
      fetch: statusListFetcher({ allowLoopback: true, timeout }),
    })

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

  /** A list, signed as a variant says. */
  async function listOf([name, securing]: Variant, wish: Wish = {}): Promise<Buffer> {
    const { signer = issuer, revoked = [], suspended = [], purpose = 'revocation' } = wish
    const { list } = statusEncodings.find((encoding) => encoding.name === name) as { list: ListEncoding }
    const unsigned = await list.encode({
      ...{ url, issuer: signer.did, purpose, aggregationUrl: `${url}s` },
      bits: { revocation: bitsOf(revoked), suspension: bitsOf(suspended) },
      validFrom: new Date(now.getTime() - hour),
      validUntil: new Date(now.getTime() + hour),
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
      { key: signer.key, created: now, documentLoader },
    )
    return Buffer.from(typeof secured === 'string' ? secured : JSON.stringify(secured))
  }

  const serve = (body: Buffer | string, status = 200, headers: Record<string, string> = {}) => {
    respond = (_, response) => response.writeHead(status, headers).end(body)
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

  const assertUnknown = (found: Checks['revocation'], reason: RegExp, name = '') => {
    assert.deepEqual([found.status, found.revoked], ['unknown', null], `${name} ${found.reason}`)
    assert.match(found.reason ?? '', reason, name)
  }

  for (const variant of encodings) {
    describe(variant.join(' as '), () => {
      it('tells valid, revoked and suspended', async () => {
        serve(await listOf(variant, { revoked: [7, 131_071] }))
        for (const [index, revoked] of [
          [6, false],
          [7, true],
          [8, false],
          [131_071, true],
        ] as const) {
          const found = await judge(variant, index)
          assert.deepEqual([found.status, found.revoked], [revoked ? 'fail' : 'pass', revoked], found.reason)
        }
        serve(await listOf(variant, { suspended: [7], purpose: 'suspension' }))
        const { status, revoked, suspended } = await judge(variant, 7, { purpose: 'suspension' })
        assert.deepEqual([status, revoked, suspended], ['fail', false, true])
      })

      it('fails a list of another issuer, also when its signature is good', async () => {
        serve(await listOf(variant, { signer: other }))
        const { status, reason } = await judge(variant, 1)
        assert.equal(status, 'fail')
        assert.match(reason ?? '', /does not belong to the issuer/)
      })

      it('fails a list in the name of the issuer that somebody else signed', async () => {
        const named = (list: JsonObject): JsonObject =>
          'iss' in list ? { ...list, iss: issuer.did } : { ...list, issuer: issuer.did }
        serve(await listOf(variant, { signer: other, change: named }))
        const { status, reason } = await judge(variant, 1)
        assert.equal(status, 'fail', reason)
        assert.match(reason ?? '', /signature of the status list does not hold/)
      })

      it('fails a list that names the key of the issuer and was signed with another', async () => {
        const { verificationMethod } = issuer.key
        const forger = { did: issuer.did, key: { ...other.key, verificationMethod } }
        serve(await listOf(variant, { signer: forger }))
        const { status, reason } = await judge(variant, 1)
        assert.equal(status, 'fail', reason)
        assert.match(reason ?? '', /signature of the status list does not hold/)
      })

      it('fails an index outside of the list', async () => {
        serve(await listOf(variant))
        const { status, reason } = await judge(variant, size)
        assert.deepEqual([status, /outside the list/.test(reason ?? '')], ['fail', true])
      })

      it('does not know what a list that is out of date, early or of another address says', async () => {
        const good = await listOf(variant)
        serve(good)
        now = new Date(now.getTime() + 2 * hour)
        assertUnknown(await judge(variant, 1), /out of date/)
        now = new Date(now.getTime() - 6 * hour)
        assertUnknown(await judge(variant, 1), /out of date|in the future/)
        now = new Date()
        assertUnknown(await judge(variant, 1, { at: `${url}?other` }), /that of another address/)
      })

      it('does not know what a list says that is tampered with, unsigned or none', async () => {
        const good = await listOf(variant, { revoked: [1] })
        const tampered = Buffer.from(good)
        const middle = Math.floor(good.length / 2)
        tampered[middle] = (tampered[middle] as number) === 0x41 ? 0x42 : 0x41
        serve(tampered)
        assert.notEqual((await judge(variant, 2)).status, 'pass')
        for (const body of [
          '',
          '{}',
          '{"proof": 1}',
          'null',
          'a.b.c',
          '<html></html>',
          Buffer.of(0xd2, 0x84, 1),
          Buffer.alloc(64, 0x81),
        ]) {
          serve(body)
          assertUnknown(await judge(variant, 1), /status list/, String(body))
        }
      })
    })
  }

  const bitstring = encodings[0]

  it('fails a list with another purpose than the entry asks for', async () => {
    serve(await listOf(bitstring, { purpose: 'suspension' }))
    const { status, reason } = await judge(bitstring, 1)
    assert.deepEqual([status, /another purpose/.test(reason ?? '')], ['fail', true])
  })

  it('does not know what a list says in terms of a context that is not here', async () => {
    const signed = JSON.parse((await listOf(bitstring)).toString())
    signed['@context'].push('https://issuer.example/context')
    serve(JSON.stringify(signed))
    assertUnknown(await judge(bitstring, 1), /signature of the status list does not hold/)
  })

  it('reads a list with several purposes', async () => {
    const change = (list: JsonObject) => ({
      ...list,
      credentialSubject: {
        ...(list.credentialSubject as JsonObject),
        statusPurpose: ['suspension', 'revocation'],
      },
    })
    serve(await listOf(bitstring, { revoked: [3], change }))
    assert.equal((await judge(bitstring, 3)).revoked, true)
    assert.equal((await judge(bitstring, 4, { purpose: 'suspension' })).status, 'pass')
  })

  it('does not know what values mean that the token specification leaves to applications', async () => {
    const change = (list: JsonObject) => ({ ...list, status_list: { bits: 2, lst: 'eNo76fITAAPfAgc' } })
    serve(await listOf(encodings[3], { change }))
    assertUnknown(await judge(encodings[3], 3), /meaning is not known/)
    assert.equal((await judge(encodings[3], 1)).suspended, true)
  })

  it('does not unpack more than the largest list', async () => {
    const bomb = `u${gzipSync(Buffer.alloc(2 ** 28), { level: 1 }).toString('base64url')}`
    const change = (list: JsonObject) => ({
      ...list,
      credentialSubject: { ...(list.credentialSubject as JsonObject), encodedList: bomb },
    })
    const signed = await listOf([bitstring[0], 'vc+jwt'], { change })
    serve(signed)
    assertUnknown(await judge(bitstring, 1), /cannot be unpacked/)
  })

  it('does not know without a host that answers in time with 200 and no more than is read', async () => {
    serve('gone', 404)
    assertUnknown(await judge(bitstring, 1), /status 404/)
    serve('broken', 500)
    assertUnknown(await judge(bitstring, 1), /does not answer/)
    respond = (request) => request.socket.destroy()
    assertUnknown(await judge(bitstring, 1), /does not answer/)
    respond = () => undefined
    assertUnknown(await judge(bitstring, 1), /does not answer/)
    serve(Buffer.alloc(9 * 2 ** 20, 0x20))
    assertUnknown(await judge(bitstring, 1, { lists: reader(5_000) }), /too large/)
    for (const at of [
      'http://example.com/list',
      'ftp://127.0.0.1/',
      'https://10.0.0.1/',
      'https://[fe80::1]/',
      'data:,x',
    ]) {
      assertUnknown(await judge(bitstring, 1, { at }), /not one of https|no public address/, at)
    }
  })

  it('fetches sixteen lists at a time, and has room again afterwards', async () => {
    const lists = reader(1_000)
    respond = () => undefined
    const found = await Promise.all(
      Array.from({ length: 17 }, (_, n) => judge(bitstring, 1, { lists, at: `${url}/${n}` })),
    )
    const refused = found.filter(({ reason }) => /Too many others/.test(reason ?? ''))
    assert.equal(refused.length, 1)
    serve(await listOf(bitstring))
    assert.equal((await judge(bitstring, 1, { lists })).status, 'pass')
  })

  it('follows a few redirects under the same rules', async () => {
    const good = await listOf(bitstring, { revoked: [1] })
    const redirect = (to: string, times: number) => {
      let left = times
      respond = (_, response) =>
        left-- > 0 ? response.writeHead(302, { location: to }).end() : response.writeHead(200).end(good)
    }
    redirect('/elsewhere', 3)
    assert.equal((await judge(bitstring, 1)).revoked, true)
    redirect('/elsewhere', 4)
    assertUnknown(await judge(bitstring, 1), /status 302/)
    redirect('http://169.254.169.254/latest/meta-data', 1)
    assertUnknown(await judge(bitstring, 1), /not one of https/)
  })

  it('asks for a list once while it counts, however many want it, and again when it does no more', async () => {
    serve(await listOf(bitstring))
    const lists = reader()
    requests = 0
    await Promise.all(Array.from({ length: 20 }, (_, index) => judge(bitstring, index, { lists })))
    assert.equal(requests, 1)
    serve(await listOf(bitstring, { revoked: [1] }))
    assert.equal((await judge(bitstring, 1, { lists })).status, 'pass')
    now = new Date(now.getTime() + 61_000)
    assert.equal((await judge(bitstring, 1, { lists })).revoked, true)
    assert.equal(requests, 2)
  })

  it('keeps no failure, and nothing of one issuer for another', async () => {
    const lists = reader()
    serve('gone', 404)
    assertUnknown(await judge(bitstring, 1, { lists }), /404/)
    serve(await listOf(bitstring))
    assert.equal((await judge(bitstring, 1, { lists })).status, 'pass')
    const answer = await lists({
      url,
      issuer: other.did,
      list: statusEncodings[0]?.list as ListEncoding,
    })
    assert.ok('status' in answer && answer.status === 'fail')
  })

  it('fetches nothing unless it may', async () => {
    requests = 0
    const facts = {
      issuer: issuer.did,
      credentialStatus: [
        {
          type: 'BitstringStatusListEntry',
          statusPurpose: 'revocation',
          statusListIndex: '1',
          statusListCredential: url,
        },
      ],
    }
    const { publishedLists: _, ...deps } = house.deps
    const found = await checkStatus(deps, facts as unknown as CredentialFacts)
    assertUnknown(found, /no others are fetched here/)
    assert.equal(requests, 0)
  })
})
