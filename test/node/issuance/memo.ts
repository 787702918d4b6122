import assert from 'node:assert/strict'
import { createMemo } from '../../../node/issuance/memo.ts'

describe('createMemo', () => {
  it('asks once for simultaneous questions and remembers the answer', async () => {
    let asked = 0
    const memo = createMemo({ limit: 10, load: async (key: string) => `${key}${++asked}` })
    assert.deepEqual(await Promise.all([memo.get('a'), memo.get('a'), memo.get('b')]), ['a1', 'a1', 'b2'])
    assert.equal(await memo.get('a'), 'a1')
  })

  it('does not keep failures', async () => {
    let asked = 0
    const memo = createMemo({
      limit: 10,
      load: async () => (++asked === 1 ? Promise.reject(new Error('down')) : asked),
    })
    await assert.rejects(memo.get('a'))
    assert.equal(await memo.get('a'), 2)
  })

  it('asks anew after being told to forget, even while a question is under way', async () => {
    const answers: ((answer: string) => void)[] = []
    const memo = createMemo({
      limit: 10,
      load: () => new Promise<string>((resolve) => answers.push(resolve)),
    })
    const before = memo.get('a')
    memo.forget('a')
    const after = memo.get('a')
    answers[1]?.('new')
    answers[0]?.('old')
    assert.deepEqual([await before, await after, await memo.get('a')], ['old', 'new', 'new'])
  })

  it('keeps no more than its limit, and nothing past its time', async () => {
    let asked = 0
    const load = async () => ++asked
    const small = createMemo({ limit: 2, load })
    for (const key of ['a', 'b', 'c', 'a']) await small.get(key)
    assert.equal(asked, 4)
    const brief = createMemo({ limit: 2, ttlMs: 0, load })
    for (const key of ['a', 'a']) await brief.get(key)
    assert.equal(asked, 6)
  })
})
