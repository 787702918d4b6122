import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseSchema } from '../../../node/anoncreds/schema.ts'
import { didWebUrl } from '../../../node/did/did-web.ts'
import { decodeMultikey } from '../../../node/did/multikey.ts'
import { IssuerError } from '../../../node/errors.ts'
import { formats } from '../../../node/formats/index.ts'
import { presentationFormats } from '../../../node/formats/presentations.ts'
import { ethrIdentity } from '../../../node/ledger/ethr-did.ts'
import { parseSchemaId, parseStatusListId } from '../../../node/ledger/resource-id.ts'
import { decodeCbor } from '../../../node/tokens/cbor.ts'
import { parseCompactJwt } from '../../../node/tokens/compact-jwt.ts'
import { coseBytes, parseCoseText } from '../../../node/tokens/cose-data-url.ts'
import { parseCoseSign1 } from '../../../node/tokens/cose-sign1.ts'
import { disclose, parseSdJwt } from '../../../node/tokens/sd-jwt.ts'
import { parseStrictJson } from '../../../node/tokens/strict-json.ts'

/** What takes text, or a value, from whoever sends it. */
const ofText: Readonly<Record<string, (text: string) => unknown>> = {
  parseStrictJson,
  parseCompactJwt,
  parseSdJwt: (text) => {
    const parsed = parseSdJwt(text)
    return parsed && disclose(parsed)
  },
  parseCoseText: (text) => parseCoseText('application/vc+cose', text),
  coseBytes: (text) => coseBytes('application/vc+cose', text),
  decodeMultikey,
  didWebUrl,
  parseSchemaId,
  parseStatusListId,
  ethrIdentity: (text) => ethrIdentity(31_337, text),
  decodeCbor: (text) => decodeCbor(Buffer.from(text, 'latin1')),
  parseCoseSign1: (text) => parseCoseSign1(Buffer.from(text, 'latin1')),
}
const ofValue: Readonly<Record<string, (value: unknown) => unknown>> = {
  parseSchema,
  ...Object.fromEntries(
    formats.map(({ name, open }) => [name, (value) => open(value, { inlineContexts: true })]),
  ),
  ...Object.fromEntries(
    presentationFormats.map(({ name, open }) => [`${name} presented`, (value) => open(value)]),
  ),
}

const base64url = (text: string) => Buffer.from(text).toString('base64url')
const json = fc.json({ maxDepth: 4 })
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
/** Texts that look like what is expected, further and further in. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  json,
  fc
    .tuple(json, json, fc.string())
    .map(([header, payload, signature]) => [header, payload, signature].map(base64url).join('.')),
  fc
    .tuple(json, fc.array(json, { maxLength: 4 }))
    .map(([payload, disclosures]) =>
      [`${base64url('{"alg":"EdDSA"}')}.${base64url(payload)}.AA`, ...disclosures.map(base64url), ''].join(
        '~',
      ),
    ),
  bytes.map((buffer) => `data:application/vc+cose;base64,${buffer.toString('base64')}`),
  bytes.map((buffer) => `z${buffer.toString('hex')}`),
  bytes.map((buffer) => buffer.toString('latin1')),
  fc.webUrl().map((url) => `did:web:${url}`),
  fc.string({ unit: fc.constantFrom('.', '~', ':', '%', '0', 'a', '/', 'did', '=', '-'), maxLength: 60 }),
  fc.nat(3).map((number) => ['.', '~', '(', '%25'][number]?.repeat(100_000) ?? ''),
)

function takesItInItsStride(act: () => unknown, what: string): void {
  const started = performance.now()
  try {
    act()
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    assert.ok(error.status < 500, `${what}: ${error.code}`)
  }
  const took = performance.now() - started
  assert.ok(took < 2_000, `${what} took ${took.toFixed(0)} ms`)
}

describe('what takes texts and values of others', () => {
  for (const [name, take] of Object.entries(ofText))
    it(`${name} understands any text or refuses it`, () => {
      fc.assert(fc.property(texts, (text) => takesItInItsStride(() => take(text), name)))
    })

  for (const [name, take] of Object.entries(ofValue))
    it(`${name} understands any value or refuses it`, () => {
      const values = fc.oneof(
        texts,
        fc.jsonValue(),
        fc.dictionary(
          fc.constantFrom('@context', 'type', 'proof', 'id', 'issuer', 'attrNames'),
          fc.jsonValue(),
        ),
      )
      fc.assert(fc.property(values, (value) => takesItInItsStride(() => take(value), name)))
    })
})

describe('parseStrictJson', () => {
  const value = fc.jsonValue({ stringUnit: 'binary', noUnicodeString: false } as never)
  const isKeepable = (text: string) => text.isWellFormed() && !text.includes('\0')

  it('gives what was written, or refuses it', () => {
    fc.assert(
      fc.property(value, (written) => {
        const text = JSON.stringify(written)
        // whatever an escape stands for
        const plain =
          [...text.matchAll(/\\u(?:0000|d[89a-f]..)/gi)].length === 0 && !text.includes('__proto__')
        if (plain) assert.deepEqual(parseStrictJson(text), JSON.parse(text))
        else takesItInItsStride(() => parseStrictJson(text), 'parseStrictJson')
      }),
    )
  })

  it('keeps a string as it is, or refuses it, in a name or a value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\ud800', '\udfff', '\0', '', '😀'),
        (start, end) => {
          const odd = start + end
          for (const written of [{ a: [odd] }, { [odd]: 1 }]) {
            const read = () => parseStrictJson(JSON.stringify(written))
            if (odd === '__proto__') return
            if (isKeepable(odd)) assert.deepEqual(read(), written)
            else assert.throws(read, (error) => error instanceof IssuerError && error.violations.length > 0)
          }
        },
      ),
    )
  })

  it('refuses a name that stands twice, however it is escaped', () => {
    const escaped = (name: string) =>
      [...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,8}$/), (name) => {
        assert.throws(() => parseStrictJson(`{"${name}":1,"x y":2,"${escaped(name)}":3}`), IssuerError)
      }),
    )
  })
})
