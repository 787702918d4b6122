import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { ResolvedKey, Suite } from '../../../node/suites/suite.ts'
import {
  type VerificationKey,
  verificationKey,
  verifySignature,
} from '../../../node/suites/verification-key.ts'
import { coseDataUrl, parseCoseText } from '../../../node/tokens/cose-data-url.ts'
import type { CoseSign1 } from '../../../node/tokens/cose-sign1.ts'
import { openCredential } from '../../../node/verification/open-credential.ts'
import { documentLoader, now } from './issuers.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/vc-jose-cose/credentials.json', import.meta.url), 'utf8'),
)
const issuer = 'https://example.issuer/vc-jose-cose'
const suites = createSuites({ publicUrl: 'https://node.example' })

const methods = Object.values<JsonObject>(vectors.keys).map((publicKeyJwk, index) => ({
  id: `${issuer}#key-${index + 1}`,
  type: 'JsonWebKey',
  controller: issuer,
  publicKeyJwk,
}))
const didDocument = {
  id: issuer,
  verificationMethod: methods,
  assertionMethod: methods.map(({ id }) => id),
}

function verify(name: string, secured: string) {
  const suite = suites.find((candidate) => candidate.name === name) as Suite
  return suite.verify(secured, {
    resolveKey: async (id) => {
      const verificationMethod = methods.find((method) => method.id === id)
      return verificationMethod && ({ verificationMethod, didDocument, deactivated: false } as ResolvedKey)
    },
    resolveDidDocument: async () => didDocument as never,
    documentLoader,
    now,
  })
}

describe('inputs of the W3C test suite for VC-JOSE-COSE', () => {
  it('verify: a minimal JWT', async () => {
    const token = vectors['credential-jose-minimal']
    const { facts } = openCredential(formats, token)
    assert.equal(facts.issuer, issuer)
    assert.equal((await verify('vc+jwt', token)).status, 'pass')
  })

  it('verify: an SD-JWT with two disclosures, and with fewer of them', async () => {
    const token: string = vectors['credential-sdjwt-selective']
    assert.deepEqual(openCredential(formats, token).facts.subjects, [
      {
        birthDate: '1990-01-01',
        id: 'did:example:ebfeb1f712ebc6f1c276e12ec21',
        firstName: 'Jane',
        lastName: 'Doe',
      },
    ])
    assert.equal((await verify('vc+sd-jwt', token)).status, 'pass')
    const bare = `${token.split('~')[0]}~`
    assert.equal(openCredential(formats, bare).facts.subjects[0]?.lastName, undefined)
    assert.equal((await verify('vc+sd-jwt', bare)).status, 'pass')
  })

  it('are opened, and their signature holds: COSE', () => {
    const text = `data:application/vc+cose;base64,${vectors['credential-minimal-cose-signed']}`
    assert.equal(openCredential(formats, text).facts.issuer, issuer)
    const message = parseCoseText('application/vc+cose', text) as CoseSign1
    const key = verificationKey({ publicKeyJwk: vectors.keys.ES256 }) as VerificationKey
    assert.ok(verifySignature(key, message.toBeSigned, message.signature))
    const padded = coseDataUrl('application/vc+cose', Buffer.from(text.split(',')[1] as string, 'base64'))
    assert.deepEqual(openCredential(formats, padded).document, openCredential(formats, text).document)
  })

  it('are refused: a signature that is none', async () => {
    assert.equal((await verify('vc+jwt', vectors['credential-jose-bad-signature'])).status, 'fail')
  })

  it('are refused: vc and vp claims', () => {
    assert.throws(() => openCredential(formats, vectors['credential-jose-vc-vp-claims']), {
      code: 'MALFORMED_REQUEST',
    })
  })

  it('are refused: other media types', async () => {
    const token = vectors['credential-jose-bad-media-type']
    assert.throws(() => openCredential(formats, token), { code: 'MALFORMED_REQUEST' })
    assert.match((await verify('vc+jwt', token)).reason ?? '', /another type/)
    const text = `data:application/vc+cose;base64,${vectors['credential-cose-bad-media-type']}`
    assert.match((await verify('vc+cose', text)).reason ?? '', /another type/)
  })
})
