import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { credentialTypeUrl, parseCredentialTypeUrl } from '../../../node/documents/credential-type-url.ts'
import { IssuerError } from '../../../node/errors.ts'
import type { CredentialContent, Format } from '../../../node/formats/format.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { degree } from '../suites/issuers.ts'

const issuer = 'did:ethr:0x7a69:0x1111111111111111111111111111111111111111'
const formatOf = (name: string) => formats.find((format) => format.name === name) as Format
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (payload: unknown, typ: string) =>
  `${encode({ alg: 'EdDSA', typ })}.${encode(payload)}.${encode('signature')}`
const holderKey = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }

/** The pointers of what is wrong. */
function violationsOf(act: () => unknown): string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof IssuerError) return error.violations.map(({ pointer }) => pointer)
    throw error
  }
  return assert.fail('it was accepted')
}

describe('dc-sd-jwt', () => {
  const content = (changes: Partial<CredentialContent> = {}): CredentialContent => ({
    ...degree(issuer, { dataModel: 'sd-jwt-vc' }),
    status: { status_list: { idx: 7, uri: 'https://node.example/lists/1' } },
    holderKey,
    ...changes,
  })
  const { construct, open } = formatOf('dc-sd-jwt')

  it('writes claims about the token beside those about the holder, and reads them back', () => {
    const payload = construct(content())
    assert.deepEqual(payload.cnf, { jwk: holderKey })
    assert.equal(payload.exp, Date.parse('2030-12-31T23:59:59Z') / 1000)
    const opened = open(`${jwt(payload, 'dc+sd-jwt')}~`)
    assert.deepEqual(opened?.facts, {
      dataModel: 'sd-jwt-vc',
      id: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479',
      types: [payload.vct, 'UniversityDegreeCredential'],
      issuer,
      subjects: [{ id: degree(issuer).holderDid, ...degree(issuer).claims }],
      validFrom: '2026-03-28T10:00:00Z',
      validUntil: '2030-12-31T23:59:59Z',
      credentialStatus: [],
      status: { status_list: { idx: 7, uri: 'https://node.example/lists/1' } },
      credentialSchema: [{ id: `${issuer}/schema/university-degree/1.0`, type: 'JsonSchema' }],
    })
  })

  it('lets no claim take the place of one about the token, or of what conceals', () => {
    const claims = { vct: 'x', status: {}, cnf: {}, degree: { _sd: [], list: [{ '...': 1 }] } } as JsonObject
    assert.deepEqual(violationsOf(() => construct(content({ claims }))).toSorted(), [
      '/claims/cnf',
      '/claims/degree/_sd',
      '/claims/degree/list/0/...',
      '/claims/status',
      '/claims/vct',
    ])
  })

  it('knows no schema for a type of somebody else', () => {
    const payload = { ...construct(content()), vct: 'https://types.example/degree' }
    const facts = open(`${jwt(payload, 'dc+sd-jwt')}~`)?.facts
    assert.deepEqual([facts?.types, facts?.credentialSchema], [['https://types.example/degree'], []])
  })

  it('refuses what is malformed, with every violation', () => {
    const payload = { ...construct(content()), iss: 7, nbf: 'x', exp: 1e30, status: [] }
    const found = violationsOf(() => open(`${jwt(payload, 'dc+sd-jwt')}~`))
    assert.deepEqual(found.toSorted(), ['/exp', '/iss', '/nbf', '/status'])
  })

  it('digests what the issuer signed, whatever is disclosed', () => {
    const token = jwt(construct(content()), 'dc+sd-jwt')
    const { digestInput } = formatOf('dc-sd-jwt')
    const digest = (text: string) => createHash('sha256').update(digestInput(text)).digest('hex')
    assert.equal(digest(`${token}~`), digest(`${token}~WyJz~`))
  })
})

describe('the address of a type', () => {
  it('is read back, whichever node serves it', () => {
    const schema = { id: `${issuer}/schema/a b/1.0`, type: 'Ä' }
    for (const publicUrl of ['http://127.0.0.1:3000', 'https://node.example/under']) {
      const url = credentialTypeUrl(publicUrl, schema)
      assert.deepEqual(parseCredentialTypeUrl(url), { schemaId: schema.id, type: schema.type })
    }
    for (const url of ['urn:x', 'https://a.example/api/v1/types/x', 'https://a.example/api/v1/types/%E0/x']) {
      assert.equal(parseCredentialTypeUrl(url), undefined)
    }
  })
})

describe('envelopes', () => {
  const payload = formatOf('vc-jwt').construct(degree(issuer))
  const token = jwt(payload, 'vc+jwt')
  const envelope = (id: string, type = 'EnvelopedVerifiableCredential') => ({
    '@context': 'https://www.w3.org/ns/credentials/v2',
    type,
    id,
  })
  const opening = (received: unknown) =>
    formats.filter((format) => format.open(received) !== undefined).map(({ name }) => name)

  it('give what stands inside to its own format, by the media type that they name', () => {
    assert.deepEqual(opening(envelope(`data:application/vc+jwt,${token}`)), ['vc-jwt'])
    for (const id of [
      `data:application/jwt,${token}`,
      `data:application/vc+sd-jwt,${token}`,
      `data:text/plain,${token}`,
      token,
    ]) {
      assert.deepEqual(opening(envelope(id)), [])
    }
    assert.deepEqual(opening(envelope(`data:application/vc+jwt,${token}`, 'VerifiableCredential')), [])
  })
})

describe('claims about a token of data model 2.0', () => {
  const payload = formatOf('vc-jwt').construct(degree(issuer))

  it('say the same as the credential', () => {
    const { open } = formatOf('vc-jwt')
    const sub = degree(issuer).holderDid
    const same = { ...payload, iss: issuer, jti: payload.id, sub, iat: 1, exp: 2, nbf: 3, aud: 'x' }
    assert.deepEqual(open(jwt(same, 'vc+jwt'))?.document, payload)
    for (const [claim, pointer] of [
      ['iss', '/issuer'],
      ['jti', '/id'],
      ['sub', '/credentialSubject/id'],
    ] as const) {
      const other = { ...payload, [claim]: 'did:example:other' }
      assert.deepEqual(
        violationsOf(() => open(jwt(other, 'vc+jwt'))),
        [pointer],
      )
    }
  })

  it('hold no credential of data model 1.1', () => {
    const older = formatOf('vc-jwt').construct(degree(issuer, { dataModel: '1.1' }))
    assert.deepEqual(
      violationsOf(() => formatOf('vc-jwt').open(jwt(older, 'vc+jwt'))),
      ['/@context/0'],
    )
  })
})
