import assert from 'node:assert/strict'
import { gunzipSync, gzipSync } from 'node:zlib'
import { bitstringStatusList } from '../../../node/status/bitstring-status-list.ts'

const entry = {
  statusListId: 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001/status/revocation/1',
  statusListUrl: 'http://127.0.0.1:3000/api/v1/status-lists/x',
  purpose: 'revocation',
  index: 94_567,
} as const

const listOf = (bits: Uint8Array) =>
  bitstringStatusList.list({
    url: entry.statusListUrl,
    issuer: 'did:example:issuer',
    purpose: 'revocation',
    bits,
    validFrom: new Date('2026-03-28T10:00:00.123Z'),
    ttlMilliseconds: 60_000,
  })

describe('bitstringStatusList', () => {
  it('writes an entry with a string index and reads it back', () => {
    const document = bitstringStatusList.entry(entry)
    assert.deepEqual(document, {
      id: `${entry.statusListId}#94567`,
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '94567',
      statusListCredential: entry.statusListUrl,
    })
    assert.deepEqual(bitstringStatusList.parseEntry(document), entry)
  })

  it('knows nothing of entries of another type', () => {
    assert.equal(bitstringStatusList.parseEntry({ type: 'StatusList2021Entry' }), undefined)
  })

  it('refuses malformed entries', () => {
    const document = bitstringStatusList.entry(entry)
    for (const change of [
      { statusListIndex: '-1' },
      { statusListIndex: '01' },
      { statusListIndex: 3 },
      { statusListIndex: '9999999999' },
      { statusPurpose: 'message' },
      { statusListCredential: null },
    ])
      assert.throws(() => bitstringStatusList.parseEntry({ ...document, ...change }), {
        code: 'MALFORMED_REQUEST',
      })
  })

  it('packs a list as the specification says, and unpacks it', async () => {
    const bits = new Uint8Array(16_384)
    bits[0] = 0b1000_0001
    bits[16_383] = 1
    const list = await listOf(bits)
    const subject = list.credentialSubject as { encodedList: string; type: string }
    assert.equal(list.validFrom, '2026-03-28T10:00:00Z')
    assert.equal(subject.type, 'BitstringStatusList')
    assert.match(subject.encodedList, /^u[\w-]+$/)
    assert.deepEqual(new Uint8Array(gunzipSync(Buffer.from(subject.encodedList.slice(1), 'base64url'))), bits)
    const decoded = await bitstringStatusList.decode(list)
    assert.equal(decoded.purpose, 'revocation')
    assert.deepEqual(new Uint8Array(decoded.bits), bits)
  })

  it('refuses to unpack more than the largest list', async () => {
    const encodedList = `u${gzipSync(new Uint8Array(2 ** 21 + 1)).toString('base64url')}`
    await assert.rejects(
      bitstringStatusList.decode({ credentialSubject: { statusPurpose: 'revocation', encodedList } }),
      { code: 'MALFORMED_REQUEST' },
    )
  })
})
