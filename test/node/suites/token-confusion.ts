import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { formats } from '../../../node/formats/index.ts'
import { presentationFormats } from '../../../node/formats/presentations.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import { signJws } from '../../../node/suites/sign-jws.ts'
import type { ProofVerdict, Secured } from '../../../node/suites/suite.ts'
import { verificationKey } from '../../../node/suites/verification-key.ts'
import { parseCompactJwt } from '../../../node/tokens/compact-jwt.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const names = ['JwtProof2020', 'vc+jwt', 'vc+sd-jwt', 'dc+sd-jwt', 'vc+cose'] as const
const tokenSuites = suites.filter(({ name }) => names.some((each) => each === name))

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('tokens taken for something else', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  const tokens = new Map<string, string>()

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'Ed25519')
    for (const suite of tokenSuites) {
      const format = formats.find(({ name }) => name === suite.format)
      const dataModel = suite.dataModels[0] as '2.0'
      const document = format?.construct(degree(issuer.did, { dataModel })) as JsonObject
      const secured = await suite.secure(document, { key: issuer.key, created: now, documentLoader })
      tokens.set(suite.name, secured as string)
    }
  })
  after(() => issuers.close())

  const payloadOf = (name: string) =>
    parseCompactJwt((tokens.get(name) as string).split('~')[0])?.payload as JsonObject
  const sign = (header: JsonObject, payload: JsonObject) => signJws({ header, payload }, issuer.key)
  const options = () => ({ resolveKey: issuers.resolveKey, documentLoader, now })
  const verdicts = async (secured: Secured): Promise<ProofVerdict[]> =>
    Promise.all(tokenSuites.map((suite) => suite.verify(secured, options())))
  const opening = (received: unknown) =>
    formats.filter((format) => {
      try {
        return format.open(received) !== undefined
      } catch {
        return false
      }
    })

  it('are opened and verified by their own format and suite alone', async () => {
    for (const [name, token] of tokens) {
      const suite = suites.find((candidate) => candidate.name === name)
      assert.deepEqual(
        opening(token).map((format) => format.name),
        [suite?.format],
      )
      assert.deepEqual(
        suites.filter(({ recognises }) => recognises(token)).map((each) => each.name),
        [name],
      )
      const passing = (await verdicts(token)).filter(({ status }) => status === 'pass')
      assert.deepEqual(
        passing.map(({ type }) => type),
        [name],
      )
      assert.ok(
        presentationFormats.every((format) => format.open(token) === undefined),
        name,
      )
    }
  })

  it('are nothing under the type of another one, though their issuer signed it', async () => {
    const types = [
      'JWT',
      'vc+jwt',
      'vp+jwt',
      'vc+sd-jwt',
      'dc+sd-jwt',
      'kb+jwt',
      'statuslist+jwt',
      'at+jwt',
      '',
    ]
    const own: Readonly<Record<string, readonly string[]>> = {
      JwtProof2020: ['JWT'],
      // signed as the other one by its issuer, a credential of data model 2.0 is the other one
      'vc+jwt': ['vc+jwt', 'vc+sd-jwt'],
      'vc+sd-jwt': ['vc+jwt', 'vc+sd-jwt'],
      // until 2024 that was its type
      'dc+sd-jwt': ['dc+sd-jwt', 'vc+sd-jwt'],
    }
    for (const [name, accepted] of Object.entries(own)) {
      for (const typ of types.filter((type) => !accepted.includes(type))) {
        for (const end of ['', '~']) {
          const token = (await sign({ typ }, payloadOf(name))) + end
          const opened = opening(token).map((format) => format.name)
          assert.deepEqual(opened, [], `${name} as ${typ}${end}`)
          const passing = (await verdicts(token)).filter(({ status }) => status === 'pass')
          assert.deepEqual(passing, [], `${name} as ${typ}${end}`)
        }
      }
    }
  })

  it('are not signed by whoever knows the public key', async () => {
    const resolved = await issuers.resolveKey(issuer.key.verificationMethod)
    const key = verificationKey(resolved?.verificationMethod as JsonObject)?.key
    const secrets = [
      Buffer.from(issuer.key.signer.publicKey),
      Buffer.from(key?.export({ format: 'pem', type: 'spki' }) as string),
      key?.export({ format: 'der', type: 'spki' }) as Buffer,
    ]
    for (const secret of secrets) {
      const header = { alg: 'HS256', typ: 'vc+jwt', cty: 'vc', kid: issuer.key.verificationMethod }
      const input = `${encode(header)}.${encode(payloadOf('vc+jwt'))}`
      const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
      assert.ok((await verdicts(token)).every(({ status }) => status === 'fail'))
    }
  })

  it('have one text: no spare bits, no member twice, no padding', async () => {
    const token = tokens.get('vc+jwt') as string
    const [header, payload = '', signature = ''] = token.split('.')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.at(-1) as string)
    const spare = `${signature.slice(0, -1)}${alphabet[last ^ 1]}`
    const twice = Buffer.from(
      Buffer.from(payload, 'base64url').toString().replace('{', '{"issuer":"did:example:other",'),
    ).toString('base64url')
    const signed = Buffer.from(await issuer.key.signer.sign(Buffer.from(`${header}.${twice}`)))
    for (const text of [
      `${header}.${payload}.${spare}`,
      `${header}.${payload}.${signature}=`,
      `${token}\n`,
      `${header}.${twice}.${signed.toString('base64url')}`,
    ]) {
      assert.deepEqual(opening(text), [])
      assert.ok((await verdicts(text)).every(({ status }) => status === 'fail'))
    }
  })

  it('conceal no status: a claim that must be seen is not selectively disclosable', async () => {
    const concealed = encode(['salt', 'status', { status_list: { idx: 1, uri: 'https://a.example' } }])
    const digest = createHash('sha256').update(concealed).digest('base64url')
    const token = await sign({ typ: 'dc+sd-jwt' }, { ...payloadOf('dc+sd-jwt'), _sd: [digest] })
    const suite = tokenSuites.find(({ name }) => name === 'dc+sd-jwt')
    const verdict = await suite?.verify(`${token}~${concealed}~`, options())
    assert.match(verdict?.reason ?? '', /must not be: status/)
  })

  it('cannot be judged when what they conceal could be their status', async () => {
    const digest = createHash('sha256').update('x').digest('base64url')
    const token = await sign({ typ: 'vc+sd-jwt', cty: 'vc' }, { ...payloadOf('vc+sd-jwt'), _sd: [digest] })
    const suite = tokenSuites.find(({ name }) => name === 'vc+sd-jwt')
    assert.equal((await suite?.verify(`${token}~`, options()))?.status, 'unknown')
  })

  it('cannot be judged when the key of an SD-JWT VC is given by a certificate or by issuer metadata', async () => {
    const payload = { ...payloadOf('dc+sd-jwt'), iss: 'https://issuer.example' }
    const suite = tokenSuites.find(({ name }) => name === 'dc+sd-jwt')
    for (const [more, reason] of [
      [{ x5c: ['MII'] }, /certificate/],
      [{}, /metadata/],
    ] as const) {
      const token = `${await sign({ typ: 'dc+sd-jwt', ...more }, payload)}~`
      const verdict = await suite?.verify(token, options())
      assert.equal(verdict?.status, 'unknown')
      assert.match(verdict?.reason ?? '', reason)
    }
  })
})
