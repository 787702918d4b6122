import assert from 'node:assert/strict'
import { createTurns } from '../../../node/issuance/turns-of-requests.ts'
import { fails } from '../../issuing.ts'

describe('the turns of requests', () => {
  /** A queue of requests such as `b: 1 2`, which names two credentials of the tenant b. */
  const open = (...requests: string[]) => {
    const turns = createTurns<ReturnType<typeof parse>>({ most: 4, mostWaiting: 100 })
    for (const text of requests) turns.add(parse(text))
    const next = () => turns.next().map(({ text }) => text)
    return { add: (text: string) => turns.add(parse(text)), next }
  }
  const parse = (text: string) => {
    const [tenantId = '', ids = ''] = text.split(': ')
    return { text, context: { tenantId }, wanted: ids.split(' ').filter(Boolean) }
  }

  it('takes from every tenant in turn as many as go together', () => {
    const { next } = open('b: 1', 'b: 2', 'b: 3', 'b: 4', 'a: 5', 'a: 6', 'c: 7')
    assert.deepEqual(next(), ['b: 1', 'a: 5', 'c: 7', 'b: 2'])
    assert.deepEqual(next(), ['a: 6', 'b: 3', 'b: 4'])
    assert.deepEqual(next(), [])
  })

  it('keeps the order of a tenant whose requests name a credential twice', () => {
    const { next } = open('b: 1', 'b: 1', 'b: 2', 'b: 1', 'a: 3', 'a: 4')
    assert.deepEqual(next(), ['b: 1', 'a: 3', 'a: 4'])
    assert.deepEqual(next(), ['b: 1', 'b: 2'])
    assert.deepEqual(next(), ['b: 1'])
  })

  it('takes what is too large for any group alone, and lets no tenant wait for ever', () => {
    const large = '1 2 3 4 5'
    const { add, next } = open('a: 1', `b: ${large}`, 'a: 2')
    assert.deepEqual(next(), ['a: 1', 'a: 2'])
    // whoever keeps coming back comes after it
    for (const text of ['a: 3', 'a: 4', `b: ${large}`]) add(text)
    assert.deepEqual(next(), [`b: ${large}`])
    assert.deepEqual(next(), ['a: 3', 'a: 4'])
    assert.deepEqual(next(), [`b: ${large}`])
  })

  it('shares what fits between tenants that ask for much', () => {
    const { next } = open('a: 1 2', 'a: 3 4', 'a: 5 6', 'b: 1b 2b', 'b: 3b 4b', 'b: 5b 6b', 'c: 1c', 'c: 2c')
    assert.deepEqual(next(), ['a: 1 2', 'b: 1b 2b'])
    assert.deepEqual(next(), ['c: 1c', 'a: 3 4', 'c: 2c'])
    assert.deepEqual(next(), ['b: 3b 4b', 'a: 5 6'])
    assert.deepEqual(next(), ['b: 5b 6b'])
  })

  it('counts requests that have nothing left to change', () => {
    const { next } = open('b: ', 'b: ', 'b: ', 'b: ', 'b: ', 'a: 1')
    assert.deepEqual(next(), ['b: ', 'a: 1', 'b: ', 'b: '])
    assert.deepEqual(next(), ['b: ', 'b: '])
  })

  it('lets so many of a tenant wait, and not fewer of another one', () => {
    const { add, next } = open(...Array.from({ length: 100 }, (_, n) => `b: ${n}`))
    assert.throws(() => add('b: more'), fails('RATE_LIMIT_EXCEEDED'))
    add('a: own')
    assert.deepEqual(next(), ['b: 0', 'a: own', 'b: 1', 'b: 2'])
    add('b: more')
  })
})
