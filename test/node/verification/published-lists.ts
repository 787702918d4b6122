import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { JsonObject } from '../../../node/json.ts'
import {
  assertUnknown,
  encodings,
  hour,
  openPublishedListHost,
  type PublishedListHost,
  size,
} from './published-list-host.ts'

describe('published status lists', () => {
  let host: PublishedListHost
  before(async () => {
    host = await openPublishedListHost()
  })
  after(() => host?.close())
  beforeEach(() => {
    host.now = new Date()
  })

  for (const variant of encodings) {
    describe(variant.join(' as '), () => {
      it('tells valid, revoked and suspended', async () => {
        host.serve(await host.listOf(variant, { revoked: [7, 131_071] }))
        for (const [index, revoked] of [
          [6, false],
          [7, true],
          [8, false],
          [131_071, true],
        ] as const) {
          const found = await host.judge(variant, index)
          assert.deepEqual([found.status, found.revoked], [revoked ? 'fail' : 'pass', revoked], found.reason)
        }
        host.serve(await host.listOf(variant, { suspended: [7], purpose: 'suspension' }))
        const { status, revoked, suspended } = await host.judge(variant, 7, { purpose: 'suspension' })
        assert.deepEqual([status, revoked, suspended], ['fail', false, true])
      })

      it('fails a list of another issuer, also when its signature is good', async () => {
        host.serve(await host.listOf(variant, { signer: host.other }))
        const { status, reason } = await host.judge(variant, 1)
        assert.equal(status, 'fail')
        assert.match(reason ?? '', /does not belong to the issuer/)
      })

      it('fails a list in the name of the issuer that somebody else signed', async () => {
        const named = (list: JsonObject): JsonObject =>
          'iss' in list ? { ...list, iss: host.issuer.did } : { ...list, issuer: host.issuer.did }
        host.serve(await host.listOf(variant, { signer: host.other, change: named }))
        const { status, reason } = await host.judge(variant, 1)
        assert.equal(status, 'fail', reason)
        assert.match(reason ?? '', /signature of the status list does not hold/)
      })

      it('fails a list that names the key of the issuer and was signed with another', async () => {
        const { verificationMethod } = host.issuer.key
        const forger = { did: host.issuer.did, key: { ...host.other.key, verificationMethod } }
        host.serve(await host.listOf(variant, { signer: forger }))
        const { status, reason } = await host.judge(variant, 1)
        assert.equal(status, 'fail', reason)
        assert.match(reason ?? '', /signature of the status list does not hold/)
      })

      it('fails an index outside of the list', async () => {
        host.serve(await host.listOf(variant))
        const { status, reason } = await host.judge(variant, size)
        assert.deepEqual([status, /outside the list/.test(reason ?? '')], ['fail', true])
      })

      it('does not know what a list that is out of date, early or of another address says', async () => {
        const good = await host.listOf(variant)
        host.serve(good)
        host.now = new Date(host.now.getTime() + 2 * hour)
        assertUnknown(await host.judge(variant, 1), /out of date/)
        host.now = new Date(host.now.getTime() - 6 * hour)
        assertUnknown(await host.judge(variant, 1), /out of date|in the future/)
        host.now = new Date()
        assertUnknown(await host.judge(variant, 1, { at: `${host.url}?other` }), /that of another address/)
      })

      it('does not know what a list says that is tampered with, unsigned or none', async () => {
        const good = await host.listOf(variant, { revoked: [1] })
        const tampered = Buffer.from(good)
        const middle = Math.floor(good.length / 2)
        tampered[middle] = (tampered[middle] as number) === 0x41 ? 0x42 : 0x41
        host.serve(tampered)
        assert.notEqual((await host.judge(variant, 2)).status, 'pass')
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
          host.serve(body)
          assertUnknown(await host.judge(variant, 1), /status list/, String(body))
        }
      })
    })
  }

  const bitstring = encodings[0]

  it('fails a list with another purpose than the entry asks for', async () => {
    host.serve(await host.listOf(bitstring, { purpose: 'suspension' }))
    const { status, reason } = await host.judge(bitstring, 1)
    assert.deepEqual([status, /another purpose/.test(reason ?? '')], ['fail', true])
  })

  it('does not know what a list says in terms of a context that is not here', async () => {
    const signed = JSON.parse((await host.listOf(bitstring)).toString())
    signed['@context'].push('https://issuer.example/context')
    host.serve(JSON.stringify(signed))
    assertUnknown(await host.judge(bitstring, 1), /signature of the status list does not hold/)
  })

  it('reads a list with several purposes', async () => {
    const change = (list: JsonObject) => ({
      ...list,
      credentialSubject: {
        ...(list.credentialSubject as JsonObject),
        statusPurpose: ['suspension', 'revocation'],
      },
    })
    host.serve(await host.listOf(bitstring, { revoked: [3], change }))
    assert.equal((await host.judge(bitstring, 3)).revoked, true)
    assert.equal((await host.judge(bitstring, 4, { purpose: 'suspension' })).status, 'pass')
  })

  it('does not know what values mean that the token specification leaves to applications', async () => {
    const change = (list: JsonObject) => ({ ...list, status_list: { bits: 2, lst: 'eNo76fITAAPfAgc' } })
    host.serve(await host.listOf(encodings[3], { change }))
    assertUnknown(await host.judge(encodings[3], 3), /meaning is not known/)
    assert.equal((await host.judge(encodings[3], 1)).suspended, true)
  })

  it('does not unpack more than the largest list', async () => {
    const bomb = `u${gzipSync(Buffer.alloc(2 ** 28), { level: 1 }).toString('base64url')}`
    const change = (list: JsonObject) => ({
      ...list,
      credentialSubject: { ...(list.credentialSubject as JsonObject), encodedList: bomb },
    })
    const signed = await host.listOf([bitstring[0], 'vc+jwt'], { change })
    host.serve(signed)
    assertUnknown(await host.judge(bitstring, 1), /cannot be unpacked/)
  })
})
