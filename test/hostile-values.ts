import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type ErrorCode, IssuerError } from '../node/errors.ts'

/** What no text can be made of: its members hide the methods that would. */
export const noText = { toString: 1, valueOf: 1 }

/** What parsers, databases, logs and readers of addresses have stumbled over. */
const nasty: readonly unknown[] = [
  ...[null, true, 0, -1, 1e308, 5e-324, '', ' ', [], {}, [[]], [null], { '': '' }],
  ...['\0', 'a\0b', '\ud800', '\udc00\ud800', '\u202e', '\ufeff', '😀'.repeat(50), 'a'.repeat(20_000)],
  ...[
    'constructor',
    'toString',
    '__proto__',
    'hasOwnProperty',
    'then',
    JSON.parse('{"then":1}'),
    { constructor: { prototype: {} } },
    noText,
  ],
  ...['../../etc/passwd', '..%2f..%2f', '/', '//', '%00', '%', "' or 1=1 --", '<script>'],
  ...[
    'did:',
    'did:key:',
    'did:key:z',
    `did:key:z${'1'.repeat(300)}`,
    'did:key:zQ3sh',
    'did:jwk:e30',
    'did:jwk:!',
  ],
  ...[
    'did:web:localhost%3A1',
    'did:web:169.254.169.254',
    'did:web:..%2f..',
    'did:web:127.0.0.1:a:b',
    'did:ethr:0x1:0x',
  ],
  ...[
    'did:ethr:0x7a69:0x0000000000000000000000000000000000000000',
    'did:example:1',
    'urn:uuid:1',
    'http://[::1]:1/',
  ],
  ...[
    'a.b.c',
    'e30.e30.',
    'eyJhbGciOiJub25lIn0.e30.',
    'eyJhbGciOiJub25lIn0.e30.~',
    '~',
    'e30.e30.e30~e30~',
    '..',
    '....',
  ],
  ...[
    'data:application/vc+jwt,a.b.c',
    'data:application/vc+cose;base64,hEOhASag',
    'hEOhASag',
    '2tKEQ6EBJqBA',
  ],
  ...[
    '0x',
    `0x${'f'.repeat(64)}`,
    '-1',
    '1e9',
    'NaN',
    '2026-13-45T99:99:99Z',
    '+275760-09-13T00:00:00Z',
    '9999999999',
  ],
  nested('a', 60),
]

/** As a part of an address or a header has it. */
export const inWords = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function nested(name: string, depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { [name]: value }
  return value
}

/** Anything at all. */
export const anything = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nasty) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
)

interface Change {
  path: number[]
  value: unknown
}

/** Where in a value something else is put: a path of numbers, each taken modulo what there is. */
const change: fc.Arbitrary<Change> = fc.record({
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
  value: anything,
})

function changed(value: unknown, [step, ...rest]: readonly number[], put: unknown): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return put
  const names = Object.keys(value)
  // one more than there are: a member that nobody knows
  const name = names[step % (names.length + 1)] ?? 'further'
  const member = changed((value as Record<string, unknown>)[name], rest, put)
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === name ? member : item))
  return { ...value, [name]: member }
}

/** A good value in which one part, or up to three, is something else. */
export const nearly = (good: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, { path, value: put }) => changed(value, path, put), good))

/** Every copy of a value in which one part, or all of it, is something else; of a list the first member stands for all. */
export function* eachPart(value: unknown, put: unknown): Generator<unknown> {
  yield put
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    for (const copy of eachPart(member, put)) {
      if (Array.isArray(value)) yield value.with(Number(name), copy)
      else yield { ...value, [name]: copy }
    }
    if (Array.isArray(value)) return
  }
}

/**
 * Reads each good value, and has anything at all and every value that is nearly right understood or refused: by an
 * error of the table with one of these codes.
 */
export function readsOrRefuses(
  parse: (value: never) => unknown,
  { good, codes = ['MALFORMED_REQUEST'] }: { good: readonly unknown[]; codes?: readonly ErrorCode[] },
): void {
  const read = (value: unknown) => parse(value as never)
  for (const value of good) read(value)
  const values = fc.oneof(anything, ...good.map((value) => ({ weight: 4, arbitrary: nearly(value) })))
  const isRefused = (error: unknown) => error instanceof IssuerError && codes.includes(error.code)
  fc.assert(
    fc.property(values, (value) => {
      try {
        read(value)
      } catch (error) {
        assert.ok(isRefused(error), error as Error)
      }
    }),
    { numRuns: 500 },
  )
}
