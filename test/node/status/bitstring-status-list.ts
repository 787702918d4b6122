import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { JsonObject } from '../../../node/json.ts'
import { bitstringStatusList } from '../../../node/status/bitstring-status-list.ts'
import type { ListEncoding } from '../../../node/status/status-list.ts'

const did = 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001'
const lists = { revocation: `${did}/status/revocation/1`, suspension: `${did}/status/suspension/1` }
const urlOf = (id: string) => `http://127.0.0.1:3000/api/v1/status-lists/${encodeURIComponent(id)}`
const position = { index: 94_567, purposes: ['revocation'], lists, urlOf } as const
const list = bitstringStatusList.list as ListEncoding

const vector = (name: string): JsonObject =>
  JSON.parse(
    readFileSync(new URL(`../../vectors/bitstring-status-list/${name}.json`, import.meta.url), 'utf8'),
  )

const listOf = (bits: Uint8Array) =>
  list.encode({
    url: urlOf(lists.revocation),
    issuer: 'did:example:issuer',
    purpose: 'revocation',
    bits: { revocation: bits },
    validFrom: new Date('2026-03-28T10:00:00.123Z'),
    validUntil: new Date('2026-03-29T10:00:00.123Z'),
    ttlMilliseconds: 60_000,
    aggregationUrl: 'http://127.0.0.1:3000/api/v1/status-lists',
  })

describe('bitstringStatusList', () => {
  it('writes an entry for each purpose with a string index and reads it back', () => {
    const [document] = bitstringStatusList.entries(position)
    assert.deepEqual(document, {
      id: `${lists.revocation}#94567`,
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '94567',
      statusListCredential: urlOf(lists.revocation),
    })
    assert.deepEqual(bitstringStatusList.parse(document as JsonObject), {
      index: 94_567,
      purposes: ['revocation'],
      url: urlOf(lists.revocation),
      lists: { revocation: lists.revocation },
    })
    const both = bitstringStatusList.entries({ ...position, purposes: ['revocation', 'suspension'] })
    assert.deepEqual(
      both.map(({ statusPurpose }) => statusPurpose),
      ['revocation', 'suspension'],
    )
  })

  it('knows nothing of entries of another type', () => {
    assert.equal(bitstringStatusList.parse({ type: 'StatusList2021Entry' }), undefined)
  })

  it('tells what is well formed and not read', () => {
    const [document] = bitstringStatusList.entries(position)
    const message = {
      statusPurpose: 'message',
      statusSize: 2,
      statusMessage: [{ status: '0x0', message: 'ok' }],
    }
    for (const change of [message, { statusPurpose: 'refresh' }, { statusSize: 2 }]) {
      const parsed = bitstringStatusList.parse({ ...document, ...change })
      assert.ok(parsed && 'unsupported' in parsed)
    }
  })

  it('refuses malformed entries', () => {
    const [document] = bitstringStatusList.entries(position)
    for (const change of [
      { statusListIndex: '-1' },
      { statusListIndex: '01' },
      { statusListIndex: 3 },
      { statusListIndex: '9999999999' },
      { statusPurpose: null },
      { statusListCredential: null },
      { statusListCredential: 'no address' },
    ])
      assert.throws(() => bitstringStatusList.parse({ ...document, ...change }), {
        code: 'MALFORMED_REQUEST',
      })
  })

  it('packs a list as the specification says, and unpacks it', async () => {
    const bits = new Uint8Array(16_384)
    bits[0] = 0b1000_0001
    bits[16_383] = 1
    const document = await listOf(bits)
    const subject = document.credentialSubject as { encodedList: string; type: string; ttl: number }
    assert.equal(document.validFrom, '2026-03-28T10:00:00Z')
    assert.equal(document.validUntil, '2026-03-29T10:00:00Z')
    assert.deepEqual([subject.type, subject.ttl], ['BitstringStatusList', 60_000])
    assert.match(subject.encodedList, /^u[\w-]+$/)
    assert.deepEqual(new Uint8Array(gunzipSync(Buffer.from(subject.encodedList.slice(1), 'base64url'))), bits)
    const decoded = await list.decode(document)
    assert.deepEqual(
      [decoded.purposes, decoded.size, decoded.ttlMilliseconds],
      [['revocation'], 131_072, 60_000],
    )
    const set = [0, 7, 131_071]
    for (const index of [...set, 1, 6, 8, 131_070]) {
      assert.equal(decoded.isSet(index, 'revocation'), set.includes(index), String(index))
    }
    assert.equal(decoded.isSet(0, 'suspension'), undefined)
  })

  it('reads the lists of the specification and of its test suite', async () => {
    const example = await list.decode(vector('example'))
    assert.deepEqual([example.purposes, example.size], [['revocation'], 131_072])
    for (let index = 0; index < example.size; index++) {
      if (example.isSet(index, 'revocation')) assert.fail(String(index))
    }
    const purposes = await list.decode(vector('purposes'))
    assert.deepEqual([purposes.purposes, purposes.size], [['revocation', 'suspension'], 200_000])
    for (const purpose of ['revocation', 'suspension'] as const) {
      assert.deepEqual(
        [200, 201, 202].map((index) => purposes.isSet(index, purpose)),
        [false, true, false],
      )
    }
    await assert.rejects(list.decode(vector('short')), { code: 'MALFORMED_REQUEST' })
  })

  it('refuses lists of another type, shorter than the minimum, and larger than the largest', async () => {
    const good = await listOf(new Uint8Array(16_384))
    const withBits = (bits: Uint8Array) => ({
      ...good,
      credentialSubject: {
        ...(good.credentialSubject as JsonObject),
        encodedList: `u${gzipSync(bits).toString('base64url')}`,
      },
    })
    const withSubject = (change: JsonObject) => ({
      ...good,
      credentialSubject: { ...(good.credentialSubject as JsonObject), ...change },
    })
    for (const bad of [
      withBits(new Uint8Array(16_383)),
      withBits(new Uint8Array(2 ** 21 + 1)),
      withBits(new Uint8Array(2 ** 28)),
      { ...good, type: ['VerifiableCredential', 'StatusList2021Credential'] },
      withSubject({ type: 'StatusList2021' }),
      withSubject({ statusPurpose: 'message' }),
      withSubject({ encodedList: 'uAAAA' }),
      withSubject({ encodedList: `z${gzipSync(new Uint8Array(16_384)).toString('base64url')}` }),
      { ...good, credentialSubject: [] },
    ])
      await assert.rejects(list.decode(bad as JsonObject), { code: 'MALFORMED_REQUEST' })
  })
})
