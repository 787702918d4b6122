import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SDJwtInstance } from '@sd-jwt/core'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../node/json.ts'
import { conceal } from '../../../node/suites/conceal.ts'
import { disclose, parseSdJwt } from '../../../node/tokens/sd-jwt.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const digest = (text: string) => createHash('sha256').update(text).digest('base64url')
const signed = (payload: unknown) => `${encode({ alg: 'ES256' })}.${encode(payload)}.${encode('signature')}`
const sdJwt = (payload: unknown, ...disclosures: string[]) => [signed(payload), ...disclosures, ''].join('~')

const read = (text: string) => {
  const parsed = parseSdJwt(text)
  assert.ok(parsed, 'it is no SD-JWT')
  return disclose(parsed)
}
const payloadOf = (text: string): JsonObject => {
  const found = read(text)
  assert.ok(!('problem' in found), 'problem' in found ? found.problem : '')
  return found.payload
}
const problemOf = (text: string): string => {
  const found = read(text)
  return 'problem' in found ? found.problem : assert.fail('it was accepted')
}

describe('disclose', () => {
  const examples = JSON.parse(
    readFileSync(new URL('../../vectors/sd-jwt/nested.json', import.meta.url), 'utf8'),
  )
  const address = {
    street_address: 'Schulstr. 12',
    locality: 'Schulpforta',
    region: 'Sachsen-Anhalt',
    country: 'DE',
  }

  for (const [name, { payload, disclosures }] of Object.entries<{
    payload: JsonObject
    disclosures: string[]
  }>(examples)) {
    it(`gives the input of example ${name}`, () => {
      assert.deepEqual(payloadOf(sdJwt(payload, ...disclosures)).address, address)
    })
  }

  it('leaves out what is not disclosed', () => {
    const { payload, disclosures } = examples['6.3 recursive']
    assert.equal(payloadOf(sdJwt(payload)).address, undefined)
    assert.deepEqual(payloadOf(sdJwt(payload, disclosures[0], disclosures[2])).address, {
      locality: 'Schulpforta',
    })
  })

  const claim = (...parts: unknown[]) => encode(['salt', ...parts])

  it('refuses what RFC 9901, 7.1 tells to reject', () => {
    const a = claim('a', 1)
    const element = claim(7)
    const inner = claim('inner', { _sd: [digest(a)] })
    const cases: [string, RegExp][] = [
      [sdJwt({ _sd: [digest(a), digest(a)] }, a), /digest stands twice/],
      [sdJwt({ _sd: [digest(a)], b: { _sd: [digest(a)] } }, a), /digest stands twice/],
      [sdJwt({ _sd: [digest(a)] }, a, a), /disclosure stands twice/],
      [sdJwt({ _sd: [] }, a), /belongs to nothing/],
      [sdJwt({ _sd: [digest(inner)] }, a), /belongs to nothing/],
      [sdJwt({ _sd: [digest(a)], a: 2 }, a), /takes the place/],
      [sdJwt({ _sd: [digest(a), digest(claim('a', 2))] }, a, claim('a', 2)), /takes the place/],
      [sdJwt({ _sd: [digest(claim('_sd', []))] }, claim('_sd', [])), /reserved/],
      [sdJwt({ _sd: [digest(claim('...', 'x'))] }, claim('...', 'x')), /reserved/],
      [sdJwt({ _sd: [digest(element)] }, element), /element of an array/],
      [sdJwt({ list: [{ '...': digest(a) }] }, a), /stands in an array/],
      [sdJwt({ list: [{ '...': digest(element), more: 1 }] }, element), /beside/],
      [sdJwt({ '...': digest(a) }), /outside/],
      [sdJwt({ _sd: 'x' }), /malformed/],
      [sdJwt({ _sd: [1] }), /malformed/],
      [sdJwt({ _sd_alg: 'md5', _sd: [digest(a)] }, a), /hash function/],
      [sdJwt({ _sd_alg: 'sha-1' }), /hash function/],
      [sdJwt({ _sd: [digest(encode('x'))] }, encode('x')), /malformed/],
      [sdJwt({ _sd: [digest(encode(['salt']))] }, encode(['salt'])), /malformed/],
      [sdJwt({ _sd: [digest(encode([1, 'a', 1]))] }, encode([1, 'a', 1])), /malformed/],
    ]
    for (const [text, expected] of cases) assert.match(problemOf(text), expected)
  })

  it('refuses a disclosure that two readers could understand differently', () => {
    const twice = Buffer.from('["salt","a",{"b":1,"b":2}]').toString('base64url')
    assert.match(problemOf(sdJwt({ _sd: [digest(twice)] }, twice)), /malformed/)
    const tail = `${claim('a', 1).slice(0, -1)}B`
    assert.match(problemOf(sdJwt({ _sd: [digest(tail)] }, tail)), /malformed/)
  })

  it('refuses deep nesting, and takes members with odd names as they are', () => {
    let deep: Json = 1
    for (let level = 0; level < 40; level += 1) deep = [deep]
    assert.match(problemOf(sdJwt({ deep })), /nested deeper/)
    assert.deepEqual(payloadOf(sdJwt({ constructor: { a: 1 }, toString: 2 })), {
      constructor: { a: 1 },
      toString: 2,
    })
  })

  it('takes nothing else for an SD-JWT', () => {
    for (const text of ['', '~', signed({}), `${signed({})}~x`, `${signed({})}~a~b`, 7, undefined]) {
      assert.equal(parseSdJwt(text), undefined)
    }
  })
})

describe('conceal', () => {
  const rules = {
    roots: [''],
    revealed: new Set<string>(),
    keywords: new Set<string>(),
    mandatoryPointers: [] as string[],
  }
  const names = fc
    .string({ minLength: 1, maxLength: 6 })
    .filter((name) => !/^(_sd.*|\.\.\.|__proto__)$/.test(name))
  const value = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.jsonValue({ maxDepth: 0 }) as fc.Arbitrary<Json>,
      fc.dictionary(names, tie('value'), { maxKeys: 4 }) as fc.Arbitrary<Json>,
      fc.array(tie('value'), { maxLength: 4 }),
    ),
  })).value
  const claims = fc.dictionary(names, value, { maxKeys: 6 }) as fc.Arbitrary<JsonObject>
  const plain = (payload: JsonObject): JsonObject => JSON.parse(JSON.stringify(payload))

  it('conceals every claim, and gives it back with its disclosures, here and in the library', async () => {
    const library = new SDJwtInstance({
      hasher: (data) =>
        createHash('sha256')
          .update(data as string)
          .digest(),
    })
    await fc.assert(
      fc.asyncProperty(claims, async (input) => {
        const original = plain(input)
        const { payload, disclosures } = await conceal(original, rules)
        assert.deepEqual(plain(payloadOf(sdJwt(payload))), {})
        const text = sdJwt(payload, ...disclosures)
        assert.deepEqual(plain(payloadOf(text)), original)
        assert.deepEqual(plain((await library.getClaims(text)) as JsonObject), original)
      }),
      { numRuns: 150, seed: 20_260_328 },
    )
  })

  it('says by no number how many claims there are, below four', async () => {
    for (const count of [1, 2, 3]) {
      const input = Object.fromEntries(Array.from({ length: count }, (_, index) => [`name${index}`, index]))
      const { payload } = await conceal(input, rules)
      assert.equal((payload._sd as string[]).length, 4)
    }
  })

  it('always reveals what the pointers name, and the way to it', async () => {
    const input = { degree: { name: 'BSc', gpa: 3.8, thesis: { title: 'x', pages: 7 } }, age: 30 }
    const shown = async (mandatoryPointers: string[]) =>
      payloadOf(sdJwt((await conceal(input, { ...rules, mandatoryPointers })).payload))
    assert.deepEqual(await shown(['/degree/name']), { degree: { name: 'BSc' } })
    assert.deepEqual(await shown(['/degree/thesis']), { degree: { thesis: { title: 'x', pages: 7 } } })
    assert.deepEqual(await shown(['/age', '/degree/thesis/title']), {
      degree: { thesis: { title: 'x' } },
      age: 30,
    })
  })

  it('discloses deep levels as a whole where there are very many claims', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({ a: index, b: index }))
    const { payload, disclosures } = await conceal({ rows, name: 'x' }, rules)
    assert.ok(disclosures.length <= 512, `${disclosures.length} disclosures`)
    assert.deepEqual(plain(payloadOf(sdJwt(payload, ...disclosures))), { rows, name: 'x' })
  })

  it('refuses names that it would lose', async () => {
    for (const name of ['_sd', '...', '_sd_decoy']) {
      await assert.rejects(conceal({ a: [{ [name]: 1 }] }, rules), { code: 'SIGNING_FAILED' })
    }
    await assert.rejects(conceal(JSON.parse('{"__proto__": 1}'), rules), { code: 'SIGNING_FAILED' })
  })
})
