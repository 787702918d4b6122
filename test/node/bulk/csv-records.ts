import assert from 'node:assert/strict'
import { csvRecords } from '../../../node/bulk/csv-records.ts'
import type { IssuerError } from '../../../node/errors.ts'

describe('csvRecords', () => {
  const read = async (text: AsyncIterable<string>) => {
    const records: string[][] = []
    for await (const record of csvRecords(text, { rowBytes: 1_000 })) records.push(record)
    return records
  }
  async function* pieces(...all: readonly string[]) {
    yield* all
  }

  it('reads cells over several lines and pieces, whatever ends a line, and passes over empty lines', async () => {
    assert.deepEqual(await read(pieces('a,"b', '\nc""",d\r', '\n\r\n\n', 'e,,\rf')), [
      ['a', 'b\nc"', 'd'],
      ['e', '', ''],
      ['f'],
    ])
  })

  it('gives up a line that is too long before it is in memory, also one of commas alone', async () => {
    for (const cell of [',', '"",', 'x']) {
      let taken = 0
      const endless = async function* () {
        yield 'a,b\n'
        for (; taken < 10_000_000; taken += 60_000) yield cell.repeat(60_000 / cell.length)
      }
      await assert.rejects(read(endless()), (error: IssuerError) => {
        assert.equal(error.code, 'MALFORMED_REQUEST')
        assert.deepEqual(error.violations, [{ pointer: '', message: 'line 2 is longer than 1000 bytes' }])
        return true
      })
      assert.ok(taken <= 240_000, `${taken} characters of ${cell} were read`)
    }
  })

  it('takes many short lines, and many empty ones', async () => {
    const lines = async function* () {
      for (let i = 0; i < 100; i++) yield `${'a\n'.repeat(10_000)}${'\n'.repeat(50_000)}`
    }
    let count = 0
    for await (const _record of csvRecords(lines(), { rowBytes: 1_000 })) count++
    assert.equal(count, 1_000_000)
  })
})
