import assert from 'node:assert/strict'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { download, ended, ndjsonFile, order } from '../../bulk-client.ts'
import { startNode, type TestNode } from '../../node.ts'
import { expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'

const runs = 12
const csv = (rows: readonly (readonly string[])[]) =>
  stringify(rows as string[][], { quoted_match: /[\r\n]/ })
const header = ['holderDid', 'degree.type', 'degree.name', 'degree.graduationYear', 'tags', 'degree.gpa']

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '"',
    '""',
    'a,b',
    'a\r\nb',
    '\n',
    '=1+1',
    '@x',
    ' ',
    '\u2028',
    '[',
    '{',
    'null',
    '0x10',
    '1e5',
    '-0',
  ),
)
const cells = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: fc.constant(holderDid) }, text),
  fc.oneof({ weight: 4, arbitrary: fc.constant('BachelorDegree') }, text),
  fc.oneof(fc.constant('Bachelor'), text),
  fc.oneof(fc.integer({ min: 1890, max: 2110 }).map(String), fc.constant(''), text),
  fc.oneof(fc.constant('a;b'), fc.constant('["a","b"]'), text),
  fc.oneof(fc.double().map(String), text),
)
const record = fc.oneof(
  { weight: 9, arbitrary: cells as fc.Arbitrary<string[]> },
  fc.array(text, { minLength: 1, maxLength: 8 }).filter((row) => row.some((cell) => cell !== '')),
)

describe('the files of bulk jobs', () => {
  let node: TestNode
  let query: Record<string, string>

  before(async () => {
    node = await startNode({ environment: { BULK_CHUNK_ROWS: '7' } })
    const issuerDid = await makeIssuer(node)
    const schemaId = await makeSchema(node, issuerDid, {
      jsonSchema: {
        type: 'object',
        properties: {
          degree: {
            type: 'object',
            properties: {
              type: { type: 'string', const: 'BachelorDegree' },
              name: { type: 'string' },
              graduationYear: { type: ['integer', 'null'], minimum: 1900 },
              gpa: { type: 'number' },
            },
          },
          tags: { type: 'array', items: { type: 'string' } },
        },
      },
    })
    query = { issuerDid, schemaId, proofType: 'eddsa-jcs-2022', revocable: 'false' }
  })
  after(() => node?.close())

  it('are together the rows of a CSV file, each once, whatever stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
        const { id } = expect(202, await order(node, { query, rows: csv([header, ...records]) })).body
        const job = await ended(node, id)
        assert.equal(job.total, records.length)
        const success = await ndjsonFile(node, id, 'success?include=credentials')
        const failure = await ndjsonFile(node, id, 'failure')
        const back = failure.map((row) => ({ row: row['cartulary:failure'].row, cells: row.cells }))
        assert.deepEqual([success.length, back.length], [job.issued, job.failed])
        const numbers = [...success, ...back].map(({ row }) => row).toSorted((a, b) => a - b)
        assert.deepEqual(
          numbers,
          Array.from(records, (_, i) => i + 1),
        )
        for (const { row, cells: given } of back) assert.deepEqual(given, records[row - 1])
        for (const { row, credential } of success)
          assert.equal(credential.credentialSubject.degree?.name ?? '', records[row - 1]?.[2])
        if (back.length > 0) await failsAgain(id, back.length)
      }),
      { numRuns: runs },
    )
  })

  /** The file of failures as it is has the same rows, and the same happens to them. */
  async function failsAgain(id: string, count: number): Promise<void> {
    const { text: first } = await download(node, id, 'failure')
    const again = await ended(node, expect(202, await order(node, { query, rows: first })).body.id)
    assert.deepEqual([again.issued, again.failed], [0, count])
    const { text: second } = await download(node, again.id, 'failure')
    const withoutNumbers = (file: string) => file.replace(/^\d+,/gm, '')
    assert.equal(withoutNumbers(second), withoutNumbers(first))
  }

  it('tell of rows that are registered, and of those that failed beside them', async () => {
    const row = (holder: string) => [holder, 'BachelorDegree', 'Bachelor', '2020', '', '3.5']
    // of three chunks the first has rows that fail
    const records = Array.from({ length: 20 }, (_, i) => row(i === 2 || i === 5 ? 'nobody' : holderDid))
    const revocable = { ...query, revocable: 'true' }
    const { id } = expect(202, await order(node, { query: revocable, rows: csv([header, ...records]) })).body
    const job = await ended(node, id)
    assert.deepEqual([job.issued, job.failed, job.registered], [18, 2, 18])
    const success = await ndjsonFile(node, id, 'success')
    const hashes = new Set(success.map(({ transactionHash }) => transactionHash))
    assert.ok([...hashes].every((hash) => /^0x[0-9a-f]{64}$/.test(hash)))
    assert.equal(job.transactions, hashes.size)
    const failure = await ndjsonFile(node, id, 'failure')
    assert.deepEqual(
      failure.map((failed) => [failed['cartulary:failure'].row, failed.cells]),
      [3, 6].map((number) => [number, row('nobody')]),
    )
  })

  it('are together the lines of an NDJSON file, each once, whatever stands in it', async () => {
    const line = fc.oneof(
      fc
        .record({ holderDid: fc.constant(holderDid), claims: fc.object({ maxDepth: 2 }) })
        .map((row) => JSON.stringify(row)),
      fc.json({ maxDepth: 2 }),
      text.map((value) => value.replaceAll(/[\r\n]/g, ' ')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), async (all) => {
        const lines = all.map((each) => each.trim()).filter(Boolean)
        fc.pre(lines.length > 0)
        const type = 'application/x-ndjson'
        const { id } = expect(202, await order(node, { query, type, rows: lines.join('\n') })).body
        const job = await ended(node, id)
        const success = await ndjsonFile(node, id, 'success')
        const failure = await ndjsonFile(node, id, 'failure')
        const numbers = [
          ...success.map(({ row }) => row),
          ...failure.map((row) => row['cartulary:failure'].row),
        ]
        assert.deepEqual(
          numbers.toSorted((a, b) => a - b),
          lines.map((_, i) => i + 1),
        )
        assert.deepEqual([success.length, failure.length], [job.issued, job.failed])
        for (const { 'cartulary:failure': reasons, ...rest } of failure) {
          const original = lines[reasons.row - 1] as string
          if ('cartulary:line' in rest) assert.equal(rest['cartulary:line'], original)
          else assert.deepEqual(rest, JSON.parse(original))
        }
      }),
      { numRuns: runs },
    )
  })
})
