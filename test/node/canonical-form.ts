import assert from 'node:assert/strict'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import {
  canonicalForm,
  canonicalHalves,
  joinHalves,
  knowCanonicalForm,
  memberWriter,
} from '../../node/canonical-form.ts'
import type { JsonObject } from '../../node/json.ts'

/** What a function gives, or that it throws. */
function outcome(act: () => unknown): unknown {
  try {
    return act()
  } catch {
    return 'refused'
  }
}

// names that objects treat apart, texts that JSON escapes, halves of characters, numbers that JSON does not have
const name = fc.oneof(
  fc.constantFrom('10', '9', '01', '__proto__', 'toString', '@context', 'proof', 'é', '\u{1f600}', '\ufb33'),
  fc.string({ unit: 'binary' }),
)
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', '\udc00 x', '\\ud800', '\u2028', '"\\/\b'),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.array(fc.tuple(name, tie('value')), { maxLength: 6 }).map(objectOf),
}))
const object = fc.array(fc.tuple(name, value), { maxLength: 6 }).map(objectOf)

/** As JSON.parse does, which makes an own member of any name. */
function objectOf(members: readonly (readonly [string, unknown])[]): JsonObject {
  const made = {}
  for (const [key, of] of members) {
    Object.defineProperty(made, key, { value: of, enumerable: true, writable: true, configurable: true })
  }
  return made
}

describe('the canonical form of JSON', () => {
  it('is what the library makes, whatever the members are called and hold', () => {
    fc.assert(
      fc.property(object, (document) => {
        assert.deepEqual(
          outcome(() => canonicalForm(document)),
          outcome(() => canonicalize(document)),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('goes on where the nesting is deep', () => {
    let document: JsonObject = { b: 1, a: 2 }
    for (let level = 0; level < 500; level++) document = { z: document, a: [level] }
    assert.equal(canonicalForm(document), canonicalize(document))
  })

  it('is put together of its halves, with a member and without it', () => {
    fc.assert(
      fc.property(object, fc.constantFrom('proof', 'proofValue', '@context', '~'), (document, member) => {
        const { [member]: _, ...rest } = document
        const halves = outcome(() => canonicalHalves(rest, member)) as ReturnType<typeof canonicalHalves>
        const plain = outcome(() => canonicalize(rest))
        if (plain === 'refused') return assert.equal(halves, 'refused')
        assert.equal(joinHalves(halves), plain)
        assert.equal(joinHalves(halves, '{"x":1}'), canonicalize({ ...rest, [member]: { x: 1 } }))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is the same of each of many, whatever they have in common with the one before', () => {
    // another value, or an equal one that is another object
    const member = fc.tuple(name, fc.array(value, { minLength: 1, maxLength: 2 }))
    const documents = fc.tuple(
      fc.array(member, { maxLength: 5 }),
      fc.array(fc.nat(), { minLength: 2, maxLength: 6 }),
    )
    fc.assert(
      fc.property(documents, ([members, choices]) => {
        const write = memberWriter()
        for (const choice of choices) {
          const document = objectOf(
            members.map(([key, values], place) => {
              const own = structuredClone(values[((choice >> place) & 1) % values.length])
              return [key, [own, [own, 'same'], { own, same: 1 }][place % 3]]
            }),
          )
          const expected = outcome(() => canonicalize(document))
          const halves = outcome(() => joinHalves(canonicalHalves(document, '~', write)))
          assert.equal(halves, expected)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('is told once, and of that object alone', () => {
    const document = { b: 1 }
    knowCanonicalForm(document, 'told')
    assert.equal(canonicalForm({ ...document }), '{"b":1}')
    assert.equal(canonicalForm(document), 'told')
    assert.equal(canonicalForm(document), '{"b":1}')
  })
})
