import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import type { CredentialContent } from '../../../node/formats/format.ts'
import { formats } from '../../../node/formats/index.ts'
import type { Json, JsonObject } from '../../../node/json.ts'
import { parseCompactJwt } from '../../../node/tokens/compact-jwt.ts'

const [dataIntegrity, jwtVc] = formats as [(typeof formats)[0], (typeof formats)[0]]
const issuer = 'did:ethr:0x7a69:0x1111111111111111111111111111111111111111'
const holderDid = 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2'
const v1 = 'https://www.w3.org/2018/credentials/v1'
const v2 = 'https://www.w3.org/ns/credentials/v2'

const content = (changes: Partial<CredentialContent> = {}): CredentialContent => ({
  dataModel: '2.0',
  id: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479',
  contexts: ['https://node.example/schema.jsonld', 'https://node.example/suite.jsonld'],
  type: 'UniversityDegreeCredential',
  issuer: { id: issuer },
  holderDid,
  claims: { degree: { name: 'BSc' } },
  validFrom: new Date('2026-03-28T10:00:00.789Z'),
  credentialStatus: [],
  credentialSchema: { id: `${issuer}/schema/university-degree/1.0`, type: 'JsonSchema' },
  credentialType: { vct: 'https://node.example/types/degree', integrity: 'sha256-x' },
  ...changes,
})

const entry = (purpose: string): JsonObject => ({
  id: `${issuer}/status/${purpose}/1#7`,
  type: 'BitstringStatusListEntry',
  statusPurpose: purpose,
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (payload: unknown, header: unknown = { alg: 'EdDSA', typ: 'JWT' }) =>
  `${encode(header)}.${encode(payload)}.${Buffer.alloc(64).toString('base64url')}`

/** The pointers of what is wrong, or what was thrown instead. */
function violationsOf(open: () => unknown): string[] {
  try {
    open()
  } catch (error) {
    if (error instanceof IssuerError && error.code === 'MALFORMED_REQUEST') {
      return error.violations.map(({ pointer }) => pointer)
    }
    throw error
  }
  return assert.fail('it was accepted')
}

const w3cFormats = formats.filter(({ name }) => name !== 'dc-sd-jwt')

for (const { name, construct } of w3cFormats) {
  describe(`construct of ${name}`, () => {
    it('writes data model 1.1', () => {
      const validUntil = new Date('2030-12-31T23:59:59Z')
      assert.deepEqual(
        construct(content({ dataModel: '1.1', issuer: { id: issuer, name: 'MIT' }, validUntil })),
        {
          '@context': [v1, 'https://node.example/schema.jsonld', 'https://node.example/suite.jsonld'],
          id: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479',
          type: ['VerifiableCredential', 'UniversityDegreeCredential'],
          issuer: { id: issuer, name: 'MIT' },
          issuanceDate: '2026-03-28T10:00:00Z',
          expirationDate: '2030-12-31T23:59:59Z',
          credentialSubject: { id: holderDid, degree: { name: 'BSc' } },
          credentialSchema: { id: `${issuer}/schema/university-degree/1.0`, type: 'JsonSchema' },
        },
      )
    })

    it('writes data model 2.0, with one status entry or several', () => {
      const revocable = construct(content({ credentialStatus: [entry('revocation')] }))
      assert.equal(revocable['@context']?.[0 as never], v2)
      assert.equal(revocable.validFrom, '2026-03-28T10:00:00Z')
      assert.equal(revocable.issuer, issuer)
      assert.ok(!('issuanceDate' in revocable) && !('validUntil' in revocable))
      assert.deepEqual(revocable.credentialStatus, entry('revocation'))
      const both = [entry('revocation'), entry('suspension')]
      assert.deepEqual(construct(content({ credentialStatus: both })).credentialStatus, both)
    })

    it('names each context and type once', () => {
      const document = construct(content({ contexts: [v2, 'a:b', 'a:b'], type: 'VerifiableCredential' }))
      assert.deepEqual(document['@context'], [v2, 'a:b'])
      assert.deepEqual(document.type, ['VerifiableCredential'])
    })

    it('lets the claims name nobody but the holder, and bring no context', () => {
      const same = construct(content({ claims: { id: holderDid, age: 7 } }))
      assert.deepEqual(same.credentialSubject, { id: holderDid, age: 7 })
      const cases: [JsonObject, string][] = [
        [{ id: issuer }, '/claims/id'],
        [{ '@id': issuer }, '/claims/@id'],
        [{ '@graph': [] }, '/claims/@graph'],
        [{ '@context': {} }, '/claims/@context'],
        [{ 'a/b': [{ '@context': 'https://example.org' }] }, '/claims/a~1b/0/@context'],
      ]
      for (const [claims, pointer] of cases) {
        assert.throws(
          () => construct(content({ claims })),
          (error: IssuerError) =>
            error.code === 'SCHEMA_VALIDATION_FAILED' && error.violations[0]?.pointer === pointer,
        )
      }
    })
  })
}

describe('open of data-integrity', () => {
  const proof = { type: 'DataIntegrityProof', proofValue: 'z' }
  const received = (
    changes: Record<string, Json | undefined> = {},
    base: Partial<CredentialContent> = {},
  ) => ({
    ...dataIntegrity.construct(content(base)),
    proof,
    ...changes,
  })

  it('gives the facts of both data models', () => {
    for (const dataModel of ['1.1', '2.0'] as const) {
      const validUntil = new Date('2030-12-31T23:59:59Z')
      const statuses = [entry('revocation'), entry('suspension')]
      const secured = received({}, { dataModel, validUntil, credentialStatus: statuses })
      const opened = dataIntegrity.open(secured)
      const { proof: _, ...document } = secured
      assert.deepEqual(opened, {
        document,
        secured,
        facts: {
          dataModel,
          id: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479',
          types: ['VerifiableCredential', 'UniversityDegreeCredential'],
          issuer,
          subjects: [{ id: holderDid, degree: { name: 'BSc' } }],
          validFrom: '2026-03-28T10:00:00Z',
          validUntil: '2030-12-31T23:59:59Z',
          credentialStatus: statuses,
          credentialSchema: [{ id: `${issuer}/schema/university-degree/1.0`, type: 'JsonSchema' }],
        },
      })
    }
  })

  it('takes what the data model leaves open: single values, lists, nothing', () => {
    const minimal = {
      '@context': [v2],
      type: 'VerifiableCredential',
      issuer,
      credentialSubject: [{ a: 1 }],
      proof,
    }
    assert.deepEqual(dataIntegrity.open(minimal)?.facts, {
      dataModel: '2.0',
      types: ['VerifiableCredential'],
      issuer,
      subjects: [{ a: 1 }],
      credentialStatus: [],
      credentialSchema: [],
    })
    const issuerObject = dataIntegrity.open(received({ issuer: { id: issuer, name: 'MIT' } }))
    assert.equal(issuerObject?.facts.issuer, issuer)
  })

  it('leaves to others what is not of this format', () => {
    for (const other of [undefined, null, 'ey', 7, [], {}, dataIntegrity.construct(content())]) {
      assert.equal(dataIntegrity.open(other), undefined)
    }
  })

  it('refuses what is malformed, with every violation', () => {
    const cases: [Record<string, Json | undefined>, string[]][] = [
      [{ issuer: undefined, validFrom: 'yesterday', id: 7 }, ['/id', '/issuer', '/validFrom']],
      [{ '@context': undefined }, ['/@context']],
      [{ '@context': ['https://example.org', v2] }, ['/@context']],
      [{ '@context': [v2, v1] }, ['/@context']],
      [{ '@context': [v2, { name: 'https://example.org' }] }, ['/@context/1']],
      [{ '@context': [v2, null] }, ['/@context/1']],
      [{ credentialSubject: { a: { '@context': {} } } }, ['/credentialSubject/a/@context']],
      [{ type: 'DegreeCredential' }, ['/type']],
      [{ issuer: 'MIT' }, ['/issuer']],
      [{ issuer: { name: 'MIT' } }, ['/issuer']],
      [{ credentialSubject: 'did:key:z' }, ['/credentialSubject']],
      [{ credentialStatus: [{ id: 'a:b' }] }, ['/credentialStatus']],
      [{ validFrom: '2026-03-28T10:00:00' }, ['/validFrom']],
      [{ expirationDate: '2030-12-31T23:59:59Z' }, ['/expirationDate']],
      [{ proof: [] }, ['/proof']],
      [{ proof: Array.from({ length: 17 }, () => proof) }, ['/proof']],
      [{ proof: 'z' }, ['/proof']],
      [{ proof: { type: 'JwtProof2020', jwt: 'ey' } }, ['/proof/jwt']],
    ]
    for (const [changes, pointers] of cases) {
      const found = violationsOf(() => dataIntegrity.open(received(changes)))
      assert.ok(
        pointers.every((pointer) => found.some((at) => at.startsWith(pointer))) &&
          found.length >= pointers.length,
        `${JSON.stringify(changes)}: ${found}`,
      )
    }
    assert.deepEqual(
      violationsOf(() => dataIntegrity.open(received({ note: '\ud800' }))),
      [],
    )
  })

  it('digests the JCS bytes, whatever the order of members', () => {
    const bytes = dataIntegrity.digestInput({ b: [1, 'é'], a: { d: 1e21, c: null } })
    assert.equal(Buffer.from(bytes).toString(), '{"a":{"c":null,"d":1e+21},"b":[1,"é"]}')
  })
})

describe('open of jwt-vc', () => {
  const payload = {
    vc: {
      '@context': [v1],
      type: ['VerifiableCredential', 'UniversityDegreeCredential'],
      credentialSubject: { degree: { name: 'BSc' } },
      credentialStatus: entry('revocation'),
    },
    iss: issuer,
    sub: holderDid,
    jti: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479',
    nbf: 1_774_692_000,
    exp: 1_924_991_999,
  }

  it('turns the payload back into a document', () => {
    const secured = token({ ...payload, issuer: { name: 'MIT' } })
    const opened = jwtVc.open(secured)
    assert.deepEqual(opened?.document, {
      '@context': [v1],
      id: payload.jti,
      type: payload.vc.type,
      issuer: { id: issuer, name: 'MIT' },
      issuanceDate: '2026-03-28T10:00:00Z',
      expirationDate: '2030-12-31T23:59:59Z',
      credentialSubject: { id: holderDid, degree: { name: 'BSc' } },
      credentialStatus: entry('revocation'),
    })
    assert.equal(opened.secured, secured)
    assert.equal(opened.facts.validUntil, '2030-12-31T23:59:59Z')
  })

  it('takes a payload that keeps everything in vc', () => {
    const { iss, vc } = payload
    const inside = { ...vc, id: payload.jti, issuer: { id: iss }, issuanceDate: '2026-03-28T10:00:00Z' }
    const { facts } = jwtVc.open(token({ iss, vc: inside })) ?? assert.fail()
    assert.deepEqual([facts.id, facts.issuer, facts.validFrom], [payload.jti, iss, '2026-03-28T10:00:00Z'])
  })

  it('leaves to others what is not of this format', () => {
    const others = [undefined, {}, 'ey', 'a.b.c', token({ ...payload, vc: undefined }), `${token(payload)}~`]
    for (const other of others) assert.equal(jwtVc.open(other), undefined)
  })

  it('refuses what is malformed or says two things', () => {
    const { vc } = payload
    const cases: [Record<string, unknown>, string][] = [
      [{ iss: undefined }, '/iss'],
      [{ nbf: 'now' }, '/nbf'],
      [{ exp: 1e18 }, '/exp'],
      [{ vc: 'x' }, '/vc'],
      [{ vc: { ...vc, credentialSubject: [{}] } }, '/vc/credentialSubject'],
      [{ vc: { ...vc, credentialSubject: { id: issuer } } }, '/vc/credentialSubject/id'],
      [{ vc: { ...vc, issuer: holderDid } }, '/vc/issuer'],
      [{ issuer: { id: holderDid } }, '/issuer/id'],
      [{ vc: { ...vc, id: 'urn:x' } }, '/vc/id'],
      [{ vc: { ...vc, expirationDate: '2040-01-01T00:00:00Z' } }, '/vc/expirationDate'],
      [{ vc: { ...vc, issuanceDate: '2020-01-01T00:00:00Z' } }, '/vc/issuanceDate'],
      [{ vc: { ...vc, '@context': [v2] } }, '/issuanceDate'],
      [{ vc: { ...vc, '@context': [v1, {}] } }, '/@context/1'],
      [{ nbf: undefined }, '/issuanceDate'],
    ]
    for (const [changes, pointer] of cases) {
      const found = violationsOf(() => jwtVc.open(token({ ...payload, ...changes })))
      assert.ok(found.includes(pointer), `${JSON.stringify(changes)}: ${found}`)
    }
  })

  it('digests the token as it is', () => {
    assert.equal(Buffer.from(jwtVc.digestInput('a.b.c')).toString(), 'a.b.c')
  })
})

describe('parseCompactJwt', () => {
  it('takes a token in its one canonical spelling alone', () => {
    const good = token({ a: 1 })
    assert.deepEqual(parseCompactJwt(good)?.payload, { a: 1 })
    const [header, payload, signature] = good.split('.')
    const bad = [
      `${good}=`,
      ` ${good}`,
      `${good}\n`,
      // The last character of 64 bytes in base64url has two bits that no byte uses.
      `${header}.${payload}.${signature?.slice(0, -1)}B`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${Buffer.from('[1]').toString('base64url')}.${signature}`,
      `${header}.${Buffer.from('"\xff"', 'latin1').toString('base64url')}.${signature}`,
      `${header}.${payload}.${signature}.x`,
    ]
    for (const text of bad) assert.equal(parseCompactJwt(text), undefined, text)
  })
})
