import assert from 'node:assert/strict'
import { collectOffer } from '../../../node/delivery/collect-offer.ts'
import { createOffer } from '../../../node/delivery/create-offer.ts'
import { qrCode } from '../../../node/delivery/qr-code.ts'
import { createCredentialStore } from '../../../node/stores/credentials.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createOfferStore, type OfferStore } from '../../../node/stores/offers.ts'
import { credentialTerms } from '../stores/credential-rows.ts'

describe('credential offers', () => {
  const offersUrl = 'http://127.0.0.1:3000/api/v1/offers'
  let database: Database
  let offers: OfferStore
  let now = new Date('2026-01-01T00:00:00Z')

  const make = () =>
    createOffer({ offers, offersUrl, now: () => now }, { credentialId: 'urn:uuid:1', expiresInSeconds: 60 })
  const collect = (token: string) => collectOffer({ offers, now: () => now }, token)

  before(async () => {
    database = await openDatabase({ file: ':memory:' })
    offers = createOfferStore(database)
    const credential = {
      terms: credentialTerms({ revocable: 0 }),
      credential_id: 'urn:uuid:1',
      type: 'Degree',
      holder_did: 'did:key:b',
      ...{ secured: '{}', digest: '0x', issued_at: now.toISOString(), expires_at: null },
      status: 'valid' as const,
      entry: undefined,
    }
    await createCredentialStore(database).insert({ rows: [credential], pause: () => undefined })
  })
  after(() => database.destroy())

  it('are collected once', async () => {
    const { token, url } = await make()
    assert.equal(url, `${offersUrl}/${token}`)
    assert.equal(await collect(token), 'urn:uuid:1')
    await assert.rejects(collect(token), { code: 'OFFER_NOT_FOUND' })
  })

  it('let one of many simultaneous calls through', async () => {
    const { token } = await make()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => collect(token)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  it('expire', async () => {
    const { token, expiresAt } = await make()
    now = new Date(expiresAt)
    await assert.rejects(collect(token), { code: 'OFFER_NOT_FOUND' })
    now = new Date(now.getTime() - 1)
    assert.equal(await collect(token), 'urn:uuid:1')
  })

  it('are kept as a hash', async () => {
    const { token } = await make()
    const rows = await database.selectFrom('offers').selectAll().execute()
    assert.ok(!JSON.stringify(rows).includes(token))
  })
})

describe('qrCode', () => {
  it('gives SVG and PNG', async () => {
    const { svg, png } = await qrCode('https://issuer.example/api/v1/offers/token')
    assert.match(svg, /^<svg /)
    const bytes = Buffer.from(png.replace(/^data:image\/png;base64,/, ''), 'base64')
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG')
  })
})
