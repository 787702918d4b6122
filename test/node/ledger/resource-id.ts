import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  isResourcePart,
  parseSchemaId,
  parseStatusListId,
  schemaId,
  statusListId,
} from '../../../node/ledger/resource-id.ts'

const printable = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i))
const allowed = printable.filter((character) => !'/:?#%'.includes(character))
const part = fc
  .string({ unit: fc.constantFrom(...allowed), minLength: 1, maxLength: 256 })
  .filter((text) => text !== '.' && text !== '..')
const issuer = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as const)
const did = fc.tuple(issuer, fc.integer({ min: 1, max: 0xffff_ffff })).map(([address, chainId]) => ({
  address,
  did: `did:ethr:0x${chainId.toString(16)}:${address}`,
}))

describe('resource ids', () => {
  it('reads back the parts of every schema id', () => {
    fc.assert(
      fc.property(did, part, part, ({ did, address }, name, version) => {
        const id = schemaId(did, name, version)
        assert.deepEqual(parseSchemaId(id), {
          kind: 'json-schema',
          issuerDid: did,
          issuer: address,
          name,
          version,
        })
      }),
    )
  })

  it('makes DID URLs whose path has exactly the segments of the id', () => {
    fc.assert(
      fc.property(did, part, part, ({ did }, name, version) => {
        const id = schemaId(did, name, version)
        assert.match(id, /^did:[a-z]+:[A-Za-z0-9._:-]+(\/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*)*$/)
        assert.equal(id.split('/').length, 4)
      }),
    )
  })

  it('gives different schemas different ids', () => {
    fc.assert(
      fc.property(fc.tuple(part, part), fc.tuple(part, part), (one, other) => {
        fc.pre(one[0] !== other[0] || one[1] !== other[1])
        assert.notEqual(schemaId('did:ethr:0x1:0x00', ...one), schemaId('did:ethr:0x1:0x00', ...other))
      }),
    )
  })

  it('accepts one form of each id only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (tail) => {
        const id = `did:ethr:0x7a69:0x${'ab'.repeat(20)}/schema/${tail}`
        const parsed = parseSchemaId(id)
        if (parsed) assert.equal(schemaId(parsed.issuerDid, parsed.name, parsed.version), id)
      }),
    )
  })

  it('refuses what the registries refuse in a part', () => {
    for (const text of [
      '',
      '.',
      '..',
      'a/b',
      'a:b',
      'a?b',
      'a#b',
      'a%b',
      'a\u0000',
      'a\n',
      'é',
      'x'.repeat(257),
    ]) {
      assert.equal(isResourcePart(text), false, JSON.stringify(text))
    }
    for (const text of ['a', '...', 'a b', '~', 'x'.repeat(256)])
      assert.equal(isResourcePart(text), true, text)
  })

  it('refuses other strings as schema ids', () => {
    const prefix = `did:ethr:0x7a69:0x${'ab'.repeat(20)}`
    const wrong = [
      '',
      prefix,
      `${prefix}/schema/name`,
      `${prefix}/schema/name/1/2`,
      `${prefix}/schema/na%6De/1`,
      `${prefix}/schema/%2e/1`,
      `${prefix}/schema/../1`,
      `${prefix}/schema/a b/1`,
      `${prefix}/schema/a%2Fb/1`,
      `${prefix}/schema/a%c3%a9/1`,
      `${prefix}/schema/name/1#fragment`,
      `${prefix.toUpperCase()}/schema/name/1`,
      `did:key:z6Mk/schema/name/1`,
    ]
    for (const id of wrong) assert.equal(parseSchemaId(id), undefined, id)
  })

  it('reads back the parts of every status list id', () => {
    const purpose = fc.constantFrom('revocation' as const, 'suspension' as const)
    fc.assert(
      fc.property(
        did,
        purpose,
        fc.integer({ min: 0, max: 0xffff_ffff }),
        ({ did, address }, purpose, number) => {
          assert.deepEqual(parseStatusListId(statusListId(did, purpose, number)), {
            issuerDid: did,
            issuer: address,
            purpose,
            number,
          })
        },
      ),
    )
  })

  it('refuses other strings as status list ids', () => {
    const prefix = `did:ethr:0x7a69:0x${'ab'.repeat(20)}/status`
    for (const tail of [
      '/revocation/01',
      '/revocation/4294967296',
      '/revocation/-1',
      '/other/1',
      '/revocation/1#5',
    ]) {
      assert.equal(parseStatusListId(`${prefix}${tail}`), undefined, tail)
    }
  })
})
