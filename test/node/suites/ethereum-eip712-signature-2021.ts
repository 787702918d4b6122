import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createAgent, type IResolver } from '@veramo/core'
import { CredentialProviderEIP712 } from '@veramo/credential-eip712'
import { CredentialPlugin } from '@veramo/credential-w3c'
import { DIDResolverPlugin } from '@veramo/did-resolver'
import { Signature, SigningKey, TypedDataEncoder, verifyTypedData, Wallet } from 'ethers'
import fc from 'fast-check'
import type { IssuerError } from '../../../node/errors.ts'
import { formats } from '../../../node/formats/index.ts'
import type { Json, JsonObject } from '../../../node/json.ts'
import { hashTypedData } from '../../../node/suites/eip712/hash-typed-data.ts'
import { generateTypes, isTyped, UntypedValue } from '../../../node/suites/eip712/typed-data.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { DataModel, Suite } from '../../../node/suites/suite.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const publicUrl = 'http://127.0.0.1:3000'
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const claims = { degree: { type: 'BachelorDegree', name: 'Bachelor of Science', graduationYear: 2025 } }

interface Eip712 {
  domain: { name: string; version: string; chainId: number }
  types: Record<string, { name: string; type: string }[]>
  primaryType: string
}

/** What was signed, as ethers takes it. */
function typedData({ proof, ...document }: JsonObject) {
  const { proofValue, eip712, ...options } = proof as JsonObject
  const { domain, types, primaryType } = eip712 as unknown as Eip712
  const { EIP712Domain: _, ...structs } = types
  return {
    domain,
    types: structs,
    primaryType,
    message: { ...document, proof: options },
    proofValue: String(proofValue),
  }
}

describe('EthereumEip712Signature2021', () => {
  let issuers: Issuers
  let suite: Suite
  const wallet = new Wallet(`0x${'7'.repeat(64)}`)
  const did = `did:ethr:0x7a69:${wallet.address.toLowerCase()}`

  before(async () => {
    issuers = await openIssuers()
    const digestSigners = issuers.keyStore.requireDigestSigner
    suite = createSuites({ publicUrl, digestSigners }).find(
      ({ name }) => name === 'EthereumEip712Signature2021',
    ) as Suite
  })
  after(() => issuers?.close())

  function construct(issuer: string, dataModel: DataModel = '2.0', content: object = {}): JsonObject {
    const base = degree(issuer, { dataModel, claims, ...content })
    const status = dataModel === '1.1' ? [statusContext] : []
    const contexts = [...base.contexts, ...status, ...suite.contexts(dataModel)]
    return formats[0]?.construct({ ...base, contexts }) as JsonObject
  }
  const sign = async ({ key }: TestIssuer, document: JsonObject) =>
    (await suite.secure(document, { key, created: now, documentLoader })) as JsonObject
  const verify = (credential: JsonObject) =>
    suite.verify(JSON.parse(JSON.stringify(credential)), {
      resolveKey: issuers.resolveKey,
      documentLoader,
      now,
    })

  const veramo = () =>
    createAgent<IResolver & { verifyCredential(args: object): Promise<{ verified: boolean }> }>({
      plugins: [
        new DIDResolverPlugin({ resolver: issuers.resolver as never }),
        new CredentialPlugin([new CredentialProviderEIP712()]),
      ],
    })

  for (const dataModel of ['1.1', '2.0'] as const) {
    it(`verifies with ethers and, for data model 1.1, Veramo: data model ${dataModel}`, async () => {
      const issuer = await issuers.create('ethr', 'secp256k1')
      const secured = await sign(issuer, construct(issuer.did, dataModel, { credentialStatus: [] }))
      const { domain, types, message, proofValue, primaryType } = typedData(secured)
      assert.deepEqual(domain, { chainId: 31_337, name: 'VerifiableCredential', version: '1' })
      assert.equal(TypedDataEncoder.from(types).primaryType, primaryType)
      const publicKey = `0x${Buffer.from(issuer.key.signer.publicKey).toString('hex')}`
      const { address } = new Wallet(`0x${'1'.repeat(64)}`)
      const recovered = verifyTypedData(domain, types, message, proofValue)
      assert.equal(recovered, (await import('ethers')).computeAddress(publicKey))
      assert.notEqual(recovered, address)
      if (dataModel === '2.0') return
      assert.equal((await veramo().verifyCredential({ credential: secured })).verified, true)
      const tampered = { ...secured, id: 'urn:uuid:0' }
      assert.notEqual((await veramo().verifyCredential({ credential: tampered })).verified, true)
    })
  }

  /** Signs as a wallet does, whatever the types are. */
  async function signAsWallet(document: JsonObject, change: (types: Eip712['types']) => void = () => {}) {
    const proof = {
      verificationMethod: `${did}#controller`,
      created: '2026-03-28T10:00:00Z',
      proofPurpose: 'assertionMethod',
      type: 'EthereumEip712Signature2021',
    }
    const message = { ...document, proof }
    const primaryType = 'VerifiableCredential'
    const types = Object.fromEntries(generateTypes(message, primaryType)) as unknown as Eip712['types']
    change(types)
    const { EIP712Domain: _, ...structs } = types
    const domain = { name: 'VerifiableCredential', version: '1', chainId: 31_337 }
    const proofValue = await wallet.signTypedData(domain, structs, message)
    return {
      ...document,
      proof: { ...proof, proofValue, eip712: { domain, types, primaryType } },
    } as unknown as JsonObject
  }

  /** Makes the wallet's DID known: its account is its controller. */
  const register = async () => {
    const resolveKey = issuers.resolveKey
    issuers.resolveKey = async (id, options) => {
      if (!id.startsWith(did)) return resolveKey(id, options)
      const method = {
        id: `${did}#controller`,
        type: 'EcdsaSecp256k1RecoveryMethod2020',
        controller: did,
        blockchainAccountId: `eip155:31337:${wallet.address}`,
      }
      const didDocument = { id: did, verificationMethod: [method], assertionMethod: [method.id] }
      return { verificationMethod: method, didDocument, deactivated: false }
    }
  }

  describe('of a wallet that is the controller of a did:ethr', () => {
    before(register)

    it('verifies', async () => {
      assert.deepEqual(await verify(await signAsWallet(construct(did))), {
        status: 'pass',
        type: 'EthereumEip712Signature2021',
        verificationMethod: `${did}#controller`,
      })
    })

    it('fails for what the types in the proof leave out, though the signature holds', async () => {
      const document = construct(did)
      const leaveOut = (type: string, name: string) => (types: Eip712['types']) => {
        types[type] = (types[type] ?? []).filter((member) => member.name !== name)
      }
      for (const change of [leaveOut('Degree', 'name'), leaveOut('VerifiableCredential', 'validUntil')]) {
        const { status, reason } = await verify(await signAsWallet(document, change))
        assert.deepEqual(
          [status, reason],
          ['fail', 'The types in the proof do not say all about the document.'],
        )
      }
    })

    it('fails for types of which values have more than one form', async () => {
      const document = construct(did, '2.0', { claims: { degree: { ...claims.degree, name: '0x0102' } } })
      const asBytes = (types: Eip712['types']) => {
        for (const member of types.Degree ?? []) if (member.name === 'name') member.type = 'bytes'
      }
      assert.equal((await verify(await signAsWallet(document, asBytes))).status, 'fail')
    })

    it('fails for the other signature of the same key', async () => {
      const secured = await signAsWallet(construct(did))
      const proof = secured.proof as JsonObject
      const { r, s, yParity } = Signature.from(String(proof.proofValue))
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
      const high = (order - BigInt(s)).toString(16).padStart(64, '0')
      const proofValue = `${r}${high}${yParity === 0 ? '1c' : '1b'}`
      assert.equal(
        (await verify({ ...secured, proof: { ...proof, proofValue } })).reason,
        'Invalid signature.',
      )
    })

    it('of a JWS verifies by its account too', async () => {
      const jwt = createSuites({ publicUrl }).find(({ name }) => name === 'JwtProof2020') as Suite
      const key = new SigningKey(wallet.privateKey)
      const encode = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const { '@context': contexts, type, credentialSubject } = construct(did, '1.1')
      const vc = { '@context': contexts, type, credentialSubject } as JsonObject
      const payload = { iss: did, nbf: Math.floor(now.getTime() / 1000), vc }
      const signingInput = `${encode({ alg: 'ES256K', typ: 'JWT', kid: `${did}#controller` })}.${encode(payload)}`
      const digest = `0x${createHash('sha256').update(signingInput).digest('hex')}`
      const { r, s } = key.sign(digest)
      const verifyToken = (signature: string) =>
        jwt.verify(`${signingInput}.${Buffer.from(signature, 'hex').toString('base64url')}`, {
          ...{ resolveKey: issuers.resolveKey, documentLoader, now },
        })
      assert.equal((await verifyToken(r.slice(2) + s.slice(2))).status, 'pass')
      assert.equal((await verifyToken(s.slice(2) + r.slice(2))).status, 'fail')
      const other = new SigningKey(`0x${'1'.repeat(64)}`).sign(digest)
      assert.equal((await verifyToken(other.r.slice(2) + other.s.slice(2))).status, 'fail')
    })
  })

  it('refuses to sign what has no type, and says where it stands', async () => {
    const issuer = await issuers.create('ethr', 'secp256k1')
    for (const [claim, message, below = ''] of [
      [null, 'must not be null'],
      [1.5, 'must be a whole number, or text'],
      [[], 'must not be empty'],
      [['a', 1], 'must hold values of one type'],
      [[{ a: 'x' }, { b: 'x' }], 'must hold values of one type'],
      [{ 'a b': 1 }, 'must have a name without spaces, commas and brackets', '/a b'],
    ] as const) {
      const document = construct(issuer.did, '2.0', { claims: { degree: claim } })
      await assert.rejects(sign(issuer, document), (error: IssuerError) => {
        assert.equal(error.code, 'CLAIMS_NOT_EXPRESSIBLE')
        assert.deepEqual(error.violations, [{ pointer: `/credentialSubject/degree${below}`, message }])
        return true
      })
    }
  })

  describe('hashes', () => {
    const name = fc.oneof(
      fc.constantFrom(
        '@context',
        'type',
        'degree',
        'credentialSubject',
        'https://example.org/a#b',
        'EIP712Domain',
      ),
      fc.stringMatching(/^[\w@$.:/#-]{1,12}$/),
    )
    const leaf = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
    )
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf as fc.Arbitrary<Json>,
        fc.dictionary(name, tie('tree'), {
          minKeys: 1,
          maxKeys: 4,
          noNullPrototype: true,
        }) as fc.Arbitrary<Json>,
        fc.array(tie('tree'), { minLength: 1, maxLength: 2 }) as fc.Arbitrary<Json>,
      ),
    }))
    const document = fc.dictionary(name, tree, {
      minKeys: 1,
      maxKeys: 5,
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonObject>

    it('every document that has types as ethers does, and types say all about it', () => {
      let compared = 0
      fc.assert(
        fc.property(document, (message) => {
          let types: ReturnType<typeof generateTypes>
          try {
            types = generateTypes(message, 'Document')
          } catch (error) {
            assert.ok(error instanceof UntypedValue, String(error))
            return
          }
          assert.ok(isTyped(types, 'Document', message))
          const domain = { name: 'a', version: '1', chainId: 1 }
          const { EIP712Domain: _, ...structs } = Object.fromEntries(types) as Record<string, never>
          const digest = hashTypedData({ domain, types, primaryType: 'Document', message })
          assert.equal(
            `0x${Buffer.from(digest).toString('hex')}`,
            TypedDataEncoder.hash(domain, structs, message),
          )
          compared += 1
        }),
        { numRuns: 500 },
      )
      assert.ok(compared > 100, `${compared} compared`)
    })
  })
})
