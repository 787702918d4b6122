import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import {
  decodeMultikey,
  encodeMultikey,
  keyMultibase,
  multicodecKey,
  multikeyAttribute,
} from '../../../node/did/multikey.ts'

const lengths = {
  'ed25519-pub': 32,
  'x25519-pub': 32,
  'secp256k1-pub': 33,
  'p256-pub': 33,
  'p384-pub': 49,
  'p521-pub': 67,
  'bls12_381-g2-pub': 96,
} as const
const key = fc
  .constantFrom(...(Object.keys(lengths) as (keyof typeof lengths)[]))
  .chain((codec) =>
    fc
      .uint8Array({ minLength: lengths[codec], maxLength: lengths[codec] })
      .map((publicKey) => ({ codec, publicKey })),
  )

describe('Multikey', () => {
  it('reads back every key', () => {
    fc.assert(
      fc.property(key, ({ codec, publicKey }) => {
        assert.deepEqual(decodeMultikey(encodeMultikey(codec, publicKey)), { codec, publicKey })
      }),
    )
  })

  it('reads base64url as well', () => {
    const bytes = multicodecKey('ed25519-pub', new Uint8Array(32).fill(7))
    const multibase = `u${Buffer.from(bytes).toString('base64url')}`
    assert.deepEqual(decodeMultikey(multibase)?.publicKey, new Uint8Array(32).fill(7))
  })

  it('encodes the key of the test vectors of Data Integrity EdDSA Cryptosuites 1.0', () => {
    // https://www.w3.org/TR/vc-di-eddsa/#test-vectors
    const multibase = 'z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2'
    const decoded = decodeMultikey(multibase)
    assert.equal(decoded?.codec, 'ed25519-pub')
    assert.equal(encodeMultikey('ed25519-pub', decoded.publicKey), multibase)
  })

  it('gives the value of a key attribute on the ledger', () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const bytes = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url')
    assert.deepEqual(multikeyAttribute('Ed25519', bytes), Uint8Array.from([0xed, 1, ...bytes]))
    assert.deepEqual([...multikeyAttribute('P-256', new Uint8Array(33)).subarray(0, 2)], [0x80, 0x24])
    assert.equal(keyMultibase('Ed25519', bytes), encodeMultikey('ed25519-pub', bytes))
    assert.deepEqual([...multikeyAttribute('secp256k1', new Uint8Array(33)).subarray(0, 2)], [0xe7, 0x01])
  })

  it('refuses what is no Multikey', () => {
    const good = encodeMultikey('ed25519-pub', new Uint8Array(32))
    const wrong = [
      '',
      'z',
      good.slice(1),
      `m${good.slice(1)}`,
      `${good}1`,
      good.slice(0, -1),
      `z${'1'.repeat(200)}`,
      'z0OIl',
    ]
    for (const text of wrong) assert.equal(decodeMultikey(text), undefined, text)
  })
})
