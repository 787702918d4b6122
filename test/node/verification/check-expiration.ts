import assert from 'node:assert/strict'
import { checkExpiration } from '../../../node/verification/check-expiration.ts'

const now = new Date('2026-03-28T10:00:00Z')

const check = (dates: { validFrom?: string; validUntil?: string }) =>
  checkExpiration(
    { now: () => now },
    {
      dataModel: '2.0',
      types: [],
      issuer: 'did:example:1',
      subjects: [],
      credentialStatus: [],
      credentialSchema: [],
      ...dates,
    },
  )

describe('checkExpiration', () => {
  it('passes within the period of validity, its ends included', () => {
    for (const dates of [
      { validFrom: '2026-01-01T00:00:00Z', validUntil: '2027-01-01T00:00:00Z' },
      { validFrom: '2026-03-28T10:00:00Z', validUntil: '2026-03-28T10:00:00Z' },
      { validFrom: '2026-03-28T12:00:00+02:00' },
      { validUntil: '2026-03-28T08:00:00-02:00' },
      {},
    ]) {
      const { validFrom = null, validUntil = null } = dates as Record<string, string>
      assert.deepEqual(check(dates), { status: 'pass', validFrom, expirationDate: validUntil })
    }
  })

  it('fails an expired one', () => {
    assert.deepEqual(check({ validUntil: '2026-03-28T09:59:59Z' }), {
      status: 'fail',
      validFrom: null,
      expirationDate: '2026-03-28T09:59:59Z',
      reason: 'The credential expired at 2026-03-28T09:59:59Z.',
    })
  })

  it('fails one that is not valid yet', () => {
    const { status, reason } = check({ validFrom: '2026-03-28T10:00:01Z' })
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /valid only from 2026-03-28T10:00:01Z/)
  })

  it('fails dates that are none', () => {
    assert.equal(check({ validUntil: '2026-02-31T99:00:00Z' }).status, 'fail')
    assert.equal(check({ validFrom: 'yesterday' }).status, 'fail')
  })
})
