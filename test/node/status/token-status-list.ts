import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { type BitsPerStatus, StatusList } from '@sd-jwt/jwt-status-list'
import fc from 'fast-check'
import type { JsonObject } from '../../../node/json.ts'
import type { ListEncoding } from '../../../node/status/status-list.ts'
import { tokenStatusList } from '../../../node/status/token-status-list.ts'

const did = 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001'
const lists = { revocation: `${did}/status/revocation/7`, suspension: `${did}/status/suspension/7` }
const urlOf = (id: string) => `http://127.0.0.1:3000/api/v1/status-lists/${encodeURIComponent(id)}`
const list = tokenStatusList.list as ListEncoding

interface Vector {
  bits: BitsPerStatus
  lst: string
  size: number
  set: Record<string, number>
}
const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../../vectors/token-status-list/lists.json', import.meta.url), 'utf8'),
)

const encode = (revocation: Uint8Array, suspension: Uint8Array) =>
  list.encode({
    url: 'https://issuer.example/1',
    issuer: 'did:example:issuer',
    purpose: 'revocation',
    bits: { revocation, suspension },
    validFrom: new Date('2026-03-28T10:00:00.900Z'),
    validUntil: new Date('2026-03-29T10:00:00.900Z'),
    ttlMilliseconds: 60_000,
    aggregationUrl: 'https://issuer.example/all',
  })

const bitAt = (bits: Uint8Array, index: number) =>
  (((bits[index >> 3] as number) >> (7 - (index & 7))) & 1) === 1
const tokenOf = (status_list: JsonObject) => ({ sub: 'https://issuer.example/1', iat: 0, status_list })
const listOf = (claims: JsonObject) => claims.status_list as { bits: BitsPerStatus; lst: string }

describe('tokenStatusList', () => {
  it('reads the lists of the specification', async () => {
    for (const { bits, lst, size, set } of vectors) {
      const decoded = await list.decode(tokenOf({ bits, lst }))
      assert.equal(decoded.size, size)
      for (let index = 0; index < size; index++) {
        const value = set[index] ?? 0
        const expected = value > 2 ? undefined : value === 1
        if (decoded.isSet(index, 'revocation') !== expected) assert.fail(`${bits} bits, index ${index}`)
        if (decoded.isSet(index, 'suspension') !== (value > 2 ? undefined : value === 2))
          assert.fail(String(index))
      }
    }
  })

  it('packs both lists of a pair, least significant bit first, as another library reads them', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 })
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (revocation, suspension) => {
        const { bits, lst } = listOf(await encode(revocation, suspension))
        const judge = StatusList.decompressStatusList(lst, bits)
        for (let index = 0; index < revocation.length * 8; index++) {
          const isSuspended = index < suspension.length * 8 && bitAt(suspension, index)
          const expected = bitAt(revocation, index) ? 1 : isSuspended ? 2 : 0
          assert.equal(judge.getStatus(index), expected)
        }
      }),
    )
  })

  it('reads lists of one, two, four and eight bits as another library packs them', async () => {
    const bits = fc.constantFrom<BitsPerStatus>(1, 2, 4, 8)
    await fc.assert(
      fc.asyncProperty(
        bits.chain((size) =>
          fc.tuple(
            fc.constant(size),
            fc.array(fc.nat({ max: 2 ** size - 1 }), { minLength: 1, maxLength: 300 }),
          ),
        ),
        async ([size, values]) => {
          const lst = new StatusList(values, size).compressStatusList()
          const decoded = await list.decode(tokenOf({ bits: size, lst }))
          assert.ok(decoded.size >= values.length)
          for (const [index, value] of values.entries()) {
            assert.equal(decoded.isSet(index, 'revocation'), value > 2 ? undefined : value === 1)
          }
        },
      ),
    )
  })

  it('tells subject, times, ttl and where all lists are', async () => {
    const claims = await encode(new Uint8Array(16_384), new Uint8Array(16_384))
    const { status_list: packed, ...others } = claims
    assert.deepEqual(others, {
      iss: 'did:example:issuer',
      sub: 'https://issuer.example/1',
      iat: 1_774_692_000,
      exp: 1_774_778_400,
      ttl: 60,
    })
    assert.deepEqual(Object.keys(packed as object), ['bits', 'lst', 'aggregation_uri'])
    const decoded = await list.decode(claims)
    assert.deepEqual([decoded.size, decoded.ttlMilliseconds], [131_072, 60_000])
  })

  it('refuses lists that are malformed or larger than the largest', async () => {
    const good = listOf(await encode(new Uint8Array(4), new Uint8Array(4)))
    for (const bad of [
      { ...good, bits: 3 },
      { ...good, bits: '2' },
      { ...good, lst: 'AAAA' },
      { ...good, lst: `${good.lst}=` },
      { ...good, lst: null },
      { ...good, lst: deflateSync(new Uint8Array(2 ** 22 + 1)).toString('base64url') },
      { ...good, lst: deflateSync(new Uint8Array(2 ** 28), { level: 1 }).toString('base64url') },
      {},
    ])
      await assert.rejects(list.decode(tokenOf(bad as JsonObject)), { code: 'MALFORMED_REQUEST' })
    await assert.rejects(list.decode({ sub: 'x' }), { code: 'MALFORMED_REQUEST' })
  })

  it('writes one claim for both purposes, which names the pair by its revocation list, and reads it back', () => {
    const [claim, ...others] = tokenStatusList.entries({ index: 5, purposes: ['suspension'], lists, urlOf })
    const uri = `${urlOf(lists.revocation)}/token`
    assert.deepEqual([claim, others], [{ status_list: { idx: 5, uri } }, []])
    const parsed = tokenStatusList.parse(claim as JsonObject)
    assert.deepEqual(parsed, { index: 5, purposes: ['revocation', 'suspension'], url: uri, lists })
    assert.equal(tokenStatusList.parse({ identifier_list: { id: 'x', uri } }), undefined)
  })

  it('finds no lists of the ledger in other addresses', () => {
    const lists = (uri: string) => {
      const parsed = tokenStatusList.parse({ status_list: { idx: 0, uri } })
      return parsed && 'lists' in parsed ? parsed.lists : undefined
    }
    const base = urlOf(`${did}/status/revocation/7`)
    for (const uri of [
      base,
      `${base}/2021`,
      `${base}/token?x`,
      'https://issuer.example/token',
      `${base}/token/`,
    ]) {
      assert.equal(lists(uri), undefined, uri)
    }
    assert.equal(lists('https://issuer.example/status-lists/%E0%A4%A/token'), undefined)
  })

  it('refuses malformed claims', () => {
    const uri = 'https://issuer.example/1'
    for (const status_list of [
      null,
      'x',
      { uri },
      { idx: 0 },
      { idx: -1, uri },
      { idx: 1.5, uri },
      { idx: '1', uri },
      { idx: 2 ** 32, uri },
      { idx: 0, uri: 'no address' },
      { idx: 0, uri: `https://issuer.example/${'x'.repeat(2048)}` },
    ])
      assert.throws(() => tokenStatusList.parse({ status_list } as JsonObject), { code: 'MALFORMED_REQUEST' })
  })
})
