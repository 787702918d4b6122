import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { decodeList } from '@digitalbazaar/vc-status-list'
import type { JsonObject } from '../../../node/json.ts'
import type { ListEncoding } from '../../../node/status/status-list.ts'
import { statusList2021 } from '../../../node/status/status-list-2021.ts'

const did = 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001'
const lists = { revocation: `${did}/status/revocation/1`, suspension: `${did}/status/suspension/1` }
const urlOf = (id: string) => `http://127.0.0.1:3000/api/v1/status-lists/${encodeURIComponent(id)}`
const list = statusList2021.list as ListEncoding

describe('statusList2021', () => {
  it('writes entries at addresses of their own and reads them back', () => {
    const [entry] = statusList2021.entries({ index: 9, purposes: ['suspension'], lists, urlOf })
    const url = `${urlOf(lists.suspension)}/2021`
    assert.deepEqual(entry, {
      id: `${url}#9`,
      type: 'StatusList2021Entry',
      statusPurpose: 'suspension',
      statusListIndex: '9',
      statusListCredential: url,
    })
    assert.deepEqual(statusList2021.parse(entry as JsonObject), {
      index: 9,
      purposes: ['suspension'],
      url,
      lists: { suspension: lists.suspension },
    })
    assert.equal(statusList2021.parse({ type: 'BitstringStatusListEntry' }), undefined)
    const elsewhere = { ...entry, statusListCredential: urlOf(lists.suspension) }
    assert.deepEqual(statusList2021.parse(elsewhere as JsonObject), {
      index: 9,
      purposes: ['suspension'],
      url: urlOf(lists.suspension),
    })
  })

  it('packs lists as another library reads them', async () => {
    const bits = new Uint8Array(16_384)
    bits[2] = 0b0010_0001
    const document = await list.encode({
      url: `${urlOf(lists.suspension)}/2021`,
      issuer: did,
      purpose: 'suspension',
      bits: { suspension: bits },
      validFrom: new Date('2026-03-28T10:00:00Z'),
      validUntil: new Date('2026-03-29T10:00:00Z'),
      ttlMilliseconds: 60_000,
      aggregationUrl: '',
    })
    assert.deepEqual(
      [document.issuanceDate, document.expirationDate],
      ['2026-03-28T10:00:00Z', '2026-03-29T10:00:00Z'],
    )
    const { encodedList } = document.credentialSubject as { encodedList: string }
    const judge = await decodeList({ encodedList })
    const decoded = await list.decode(document)
    assert.equal(decoded.size, judge.length)
    for (let index = 0; index < 40; index++) {
      assert.equal(judge.getStatus(index), index === 18 || index === 23)
      assert.equal(decoded.isSet(index, 'suspension'), judge.getStatus(index))
    }
  })

  it('reads both alphabets of base64, and refuses what is none', async () => {
    const bits = Uint8Array.from({ length: 16_384 }, (_, position) => (position * 31) & 0xff)
    const packed = gzipSync(bits)
    const subject = { type: 'StatusList2021', statusPurpose: 'revocation' }
    const read = (encodedList: string) =>
      list.decode({
        type: ['VerifiableCredential', 'StatusList2021Credential'],
        credentialSubject: { ...subject, encodedList },
      })
    for (const alphabet of ['base64', 'base64url'] as const) {
      assert.equal(
        (await read(packed.toString(alphabet))).isSet(15, 'revocation'),
        (bits[1] as number) % 2 === 1,
      )
    }
    await assert.rejects(read('?'), { code: 'MALFORMED_REQUEST' })
  })
})
