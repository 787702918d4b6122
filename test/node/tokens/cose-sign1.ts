import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { encodeCbor } from '../../../node/tokens/cbor.ts'
import { composeCoseSign1, parseCoseSign1, signStructure } from '../../../node/tokens/cose-sign1.ts'

const vector = JSON.parse(
  readFileSync(new URL('../../vectors/token-status-list/cwt.json', import.meta.url), 'utf8'),
)
const example = Buffer.from(vector.cwt, 'hex')
const header = encodeCbor(new Map([[1, -8]]))
const payload = Buffer.from('payload')
const signature = Buffer.alloc(64, 7)

/** Four parts, as they are, behind the tag. */
const message = (...parts: Parameters<typeof encodeCbor>[0][]) =>
  Buffer.concat([Buffer.of(0xd2), encodeCbor(parts)])

describe('COSE_Sign1', () => {
  it('takes the example of the specification apart', () => {
    const parsed = parseCoseSign1(example)
    assert(parsed)
    assert.deepEqual(
      [...parsed.protectedHeader],
      [
        [1, -7],
        [16, 'application/statuslist+cwt'],
      ],
    )
    assert.deepEqual(Buffer.from(parsed.unprotectedHeader.get(4) as Uint8Array).toString(), '12')
    assert.equal(parsed.signature.length, 64)
  })

  it('is the same with and without its tag', () => {
    assert.deepEqual(parseCoseSign1(example.subarray(1)), parseCoseSign1(example))
  })

  it('puts together what it takes apart', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (content, signed) => {
        const parsed = parseCoseSign1(composeCoseSign1(header, content, signed))
        assert(parsed)
        assert.deepEqual(Buffer.from(parsed.payload), Buffer.from(content))
        assert.deepEqual(Buffer.from(parsed.signature), Buffer.from(signed))
        assert.deepEqual(Buffer.from(parsed.toBeSigned), Buffer.from(signStructure(header, content)))
      }),
    )
  })

  it('refuses everything else', () => {
    const duplicated = Buffer.from('a201260127', 'hex')
    const indefinite = Buffer.from('bf0126ff', 'hex')
    for (const [name, bytes] of Object.entries({
      'another tag': Buffer.concat([Buffer.of(0xd1), example.subarray(1)]),
      'two tags': Buffer.concat([Buffer.of(0xd2), example]).fill(0xd8, 0, 1),
      'bytes after it': Buffer.concat([example, Buffer.of(0)]),
      'three parts': message(header, new Map(), payload),
      'no payload': message(header, new Map(), null, signature),
      'a text for bytes': message(header, new Map(), 'payload', signature),
      'a header that is no map': message(encodeCbor([1]), new Map(), payload, signature),
      'duplicate labels': message(duplicated, new Map(), payload, signature),
      'an indefinite length': message(indefinite, new Map(), payload, signature),
      'a label in both headers': message(header, new Map([[1, -7]]), payload, signature),
      'nesting without end': Buffer.alloc(1_000_000, 0x81),
      nothing: Buffer.alloc(0),
    })) {
      assert.equal(parseCoseSign1(bytes), undefined, name)
    }
  })

  it('takes any bytes without an error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseCoseSign1(bytes)))
    fc.assert(
      fc.property(fc.nat({ max: example.length - 1 }), fc.nat({ max: 255 }), (position, value) => {
        const changed = Buffer.from(example)
        changed[position] = value
        parseCoseSign1(changed)
      }),
    )
  })
})
