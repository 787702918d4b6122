import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import { createJWT, type Signer } from 'did-jwt'
import { verifyCredential } from 'did-jwt-vc'
import { importJWK, type JWK, jwtVerify } from 'jose'
import { encodeMultikey, multikeyAttribute } from '../../../node/did/multikey.ts'
import { type DidResolution, resolveDid } from '../../../node/did/resolve-did.ts'
import { createDidResolver, type DidResolver } from '../../../node/did/resolver.ts'
import type { IssuerError } from '../../../node/errors.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { DidChange, Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { verificationKey } from '../../../node/suites/verification-key.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

type Owner = ReturnType<typeof digestSigner>

const attributeName = 'did/pub/Multikey/veriKey/base58'
const attribute = (value: Uint8Array, name = attributeName): DidChange => ({
  kind: 'setAttribute',
  name,
  value,
  validity: 86_400,
})
const curves = { Ed25519: 'ed25519', 'P-256': 'P-256', secp256k1: 'secp256k1' } as const

/** A key pair of Node, with its public key in the form of the key store too: compressed. */
function newKey(type: keyof typeof curves) {
  const pair =
    type === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: curves[type] })
  const jwk = pair.publicKey.export({ format: 'jwk' })
  const bytes = (coordinate: string | undefined) => Buffer.from(coordinate as string, 'base64url')
  const prefix = type === 'Ed25519' ? [] : [2 + ((bytes(jwk.y).at(-1) as number) & 1)]
  return { privateKey: pair.privateKey, jwk, publicKey: Uint8Array.from([...prefix, ...bytes(jwk.x)]) }
}

const algorithms = { Ed25519: 'EdDSA', 'P-256': 'ES256', secp256k1: 'ES256K' } as const

const jwtSigner =
  (type: keyof typeof curves, privateKey: KeyObject): Signer =>
  async (data) => {
    const key = type === 'Ed25519' ? privateKey : { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
    const digest = type === 'Ed25519' ? null : 'sha256'
    return signBytes(digest, Buffer.from(data), key).toString('base64url')
  }

// did-jwt-vc has the types of did-resolver 4, which knows no objects in `@context`.
const asResolver4 = (resolver: DidResolver) => resolver as unknown as Parameters<typeof verifyCredential>[1]

/** The key that a resolved document holds, as JWK. */
function publicJwk(document: DidResolution['document'], fragment: string): JWK {
  const methods = document.verificationMethod as JsonObject[]
  const found = verificationKey(methods.find(({ id }) => String(id).endsWith(fragment)) ?? {})
  assert(found)
  return found.key.export({ format: 'jwk' }) as JWK
}

describe('the DID resolver', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let ledger: Ledger
  let resolver: DidResolver
  const failures: string[] = []

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 20 })
    resolver = makeResolver()
  })

  afterEach(() => proxy.behave(() => 'pass'))

  after(async () => {
    await ledger?.close()
    await proxy?.close()
    await chain?.close()
  })

  const makeResolver = (options: Partial<Parameters<typeof createDidResolver>[0]> = {}) =>
    createDidResolver({
      chainId: chain.chainId,
      rpcUrl: proxy.url,
      didRegistry: chain.registries.didRegistry,
      requestTimeout: 5_000,
      onFailure: (reason) => failures.push(reason),
      ...options,
    })

  const apply = (owner: Owner, ...changes: DidChange[]) =>
    ledger.dids.applyChangesSigned({ identity: owner.address, changes, sign: owner.signDigest })

  it('shows the keys that a signed change set, as Multikey', async () => {
    const owner = digestSigner()
    const did = ledger.didOf(owner.address)
    const [ed25519, p256] = [newKey('Ed25519'), newKey('P-256')]
    const receipt = await apply(
      owner,
      attribute(multikeyAttribute('Ed25519', ed25519.publicKey)),
      attribute(multikeyAttribute('P-256', p256.publicKey)),
      { kind: 'addDelegate', type: 'status', delegate: ledger.relayer, validity: 86_400 },
    )
    const { didDocument, didDocumentMetadata } = await resolver.resolve(did)
    assert.deepEqual(didDocument?.['@context'], [
      'https://www.w3.org/ns/did/v1',
      'https://w3id.org/security/multikey/v1',
      'https://w3id.org/security/suites/secp256k1recovery-2020/v2',
    ])
    assert.deepEqual(didDocument?.verificationMethod?.slice(1), [
      {
        id: `${did}#delegate-1`,
        type: 'Multikey',
        controller: did,
        publicKeyMultibase: encodeMultikey('ed25519-pub', ed25519.publicKey),
      },
      {
        id: `${did}#delegate-2`,
        type: 'Multikey',
        controller: did,
        publicKeyMultibase: encodeMultikey('p256-pub', p256.publicKey),
      },
    ])
    assert.deepEqual(didDocument?.assertionMethod, [
      `${did}#controller`,
      `${did}#delegate-1`,
      `${did}#delegate-2`,
    ])
    assert.equal(didDocumentMetadata.versionId, String(receipt.blockNumber))
  })

  it('gives JSON without @context where that is asked for', async () => {
    const did = ledger.didOf(digestSigner().address)
    const { didDocument, didResolutionMetadata } = await resolver.resolve(did, {
      accept: 'application/did+json',
    })
    assert.equal(didResolutionMetadata.contentType, 'application/did+json')
    assert.equal(didDocument && '@context' in didDocument, false)
    const refused = await resolver.resolve(did, { accept: 'text/html' })
    assert.equal(refused.didResolutionMetadata.error, 'representationNotSupported')
  })

  it('drops what a revoked key agreement key leaves', async () => {
    const owner = digestSigner()
    const value = new Uint8Array(32).fill(9)
    const name = 'did/pub/X25519/enc/base58'
    await apply(owner, attribute(value, name))
    const did = ledger.didOf(owner.address)
    assert.equal((await resolver.resolve(did)).didDocument?.keyAgreement?.length, 1)
    await apply(owner, { kind: 'revokeAttribute', name, value })
    const { didDocument } = await resolver.resolve(did)
    assert.equal(didDocument?.keyAgreement, undefined)
    assert.equal(didDocument?.verificationMethod?.length, 1)
  })

  it('flags a deactivated DID', async () => {
    const owner = digestSigner()
    const did = ledger.didOf(owner.address)
    await apply(owner, attribute(multikeyAttribute('Ed25519', newKey('Ed25519').publicKey)))
    assert.equal((await resolveDid(resolver, did))?.deactivated, false)
    await apply(owner, { kind: 'changeOwner', owner: `0x${'00'.repeat(20)}` })
    const resolution = await resolveDid(resolver, did)
    assert.equal(resolution?.deactivated, true)
    assert.deepEqual(resolution?.document.verificationMethod, [])
  })

  it('resolves earlier versions by block and by time', async () => {
    const owner = digestSigner()
    const did = ledger.didOf(owner.address)
    const first = newKey('Ed25519').publicKey
    const receipt = await apply(owner, attribute(multikeyAttribute('Ed25519', first)))
    const { time } = await ledger.head()
    await chain.request('evm_increaseTime', [3600])
    await chain.request('evm_mine')
    const value = multikeyAttribute('Ed25519', first)
    const second = newKey('Ed25519').publicKey
    await apply(
      owner,
      { kind: 'revokeAttribute', name: attributeName, value },
      attribute(multikeyAttribute('Ed25519', second)),
    )
    const keyAt = async (query: string) => {
      const resolution = await resolveDid(resolver, `${did}${query}`)
      const methods = resolution?.document.verificationMethod as { publicKeyMultibase?: string }[]
      return methods.slice(1).map(({ publicKeyMultibase }) => publicKeyMultibase)
    }
    const old = [encodeMultikey('ed25519-pub', first)]
    assert.deepEqual(await keyAt(''), [encodeMultikey('ed25519-pub', second)])
    assert.deepEqual(await keyAt(`?versionId=${receipt.blockNumber}`), old)
    assert.deepEqual(await keyAt(`?versionId=${receipt.blockNumber - 1}`), [])
    assert.deepEqual(await keyAt(`?versionTime=${time.slice(0, 19)}Z`), old)
    const beforeGenesis = await resolver.resolve(`${did}?versionTime=2001-01-01T00:00:00Z`)
    assert.equal(beforeGenesis.didResolutionMetadata.error, 'notFound')
    const inFuture = await resolver.resolve(`${did}?versionId=999999`)
    assert.equal(inFuture.didResolutionMetadata.error, 'notFound')
    for (const query of [
      'versionId=latest',
      'versionId=-1',
      'versionId=1e3',
      'versionTime=yesterday',
      'versionTime=2024-13-01T00:00:00Z',
    ]) {
      const { didResolutionMetadata } = await resolver.resolve(`${did}?${query}`)
      assert.equal(didResolutionMetadata.error, 'invalidDidUrl', query)
    }
  })

  for (const type of ['Ed25519', 'P-256', 'secp256k1'] as const) {
    const alg = algorithms[type]
    it(`lets did-jwt-vc and jose verify ${alg}`, async () => {
      const owner = digestSigner()
      const issuer = ledger.didOf(owner.address)
      const { privateKey, jwk, publicKey } = newKey(type)
      const change =
        type === 'secp256k1'
          ? attribute(publicKey, 'did/pub/Secp256k1/veriKey/hex')
          : attribute(multikeyAttribute(type, publicKey))
      await apply(owner, change)
      const vc = {
        '@context': ['https://www.w3.org/2018/credentials/v1'],
        type: ['VerifiableCredential'],
        credentialSubject: { name: 'Ada' },
      }
      const signer = jwtSigner(type, privateKey)
      const jwt = await createJWT(
        { sub: 'did:example:1', vc, nbf: 1_700_000_000 },
        { issuer, signer },
        { alg },
      )
      const { verifiableCredential } = await verifyCredential(jwt, asResolver4(resolver))
      assert.equal(verifiableCredential.issuer.id, issuer)

      const { document } = (await resolveDid(resolver, issuer)) ?? assert.fail('not resolved')
      assert.deepEqual(publicJwk(document, '#delegate-1'), jwk)
      // jose 6 has no ES256K.
      if (type !== 'secp256k1') await jwtVerify(jwt, await importJWK(publicJwk(document, '#delegate-1'), alg))

      const forged = jwtSigner(type, newKey(type).privateKey)
      const forgery = await createJWT({ sub: 'did:example:1', vc }, { issuer, signer: forged }, { alg })
      await assert.rejects(verifyCredential(forgery, asResolver4(resolver)))
    })
  }

  it('resolves did:key and did:jwk without the chain', async () => {
    proxy.behave(() => 'lose request')
    const { publicKey } = newKey('Ed25519')
    const did = `did:key:${encodeMultikey('ed25519-pub', publicKey)}`
    const key = await resolveDid(resolver, did)
    assert.equal(key?.document.id, did)
    const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    const didJwk = `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`
    assert.equal((await resolveDid(resolver, didJwk))?.document.id, didJwk)
  })

  it('looks up no did:web and no other method unless allowed', async () => {
    for (const did of [
      'did:web:issuer.example',
      'did:example:1',
      `did:ethr:0x1:0x${'ab'.repeat(20)}`,
      `did:ethr:0x${'ab'.repeat(20)}`,
    ]) {
      const { didResolutionMetadata } = await resolver.resolve(did)
      assert.equal(didResolutionMetadata.error, 'unsupportedDidMethod', did)
      await assert.rejects(resolveDid(resolver, did), { code: 'DID_METHOD_UNSUPPORTED' })
    }
    const lookup = () => Promise.reject(new Error('no DNS'))
    await assert.rejects(resolveDid(makeResolver({ web: { lookup } }), 'did:web:issuer.example'), {
      code: 'DID_HOST_UNREACHABLE',
    })
  })

  it('finds nothing where there is no DID', async () => {
    for (const text of [
      '',
      'did:',
      'issuer',
      'did:ethr:0x7a69:0x12',
      `did:key:z${'1'.repeat(5_000)}`,
      'did:constructor:1',
    ]) {
      const { didDocument, didResolutionMetadata } = await resolver.resolve(text)
      assert.equal(didDocument, null)
      assert.match(String(didResolutionMetadata.error), /^(invalidDid|unsupportedDidMethod)$/, text)
    }
    assert.equal(await resolveDid(resolver, 'did:ethr:0x7a69:0x12'), undefined)
  })

  it('tells a chain that does not answer from a DID that is not there, without its URL', async () => {
    failures.length = 0
    proxy.behave(() => 'lose request')
    const did = ledger.didOf(digestSigner().address)
    const { didResolutionMetadata } = await resolver.resolve(did)
    assert.deepEqual(didResolutionMetadata, {
      error: 'chainUnreachable',
      message: 'The chain does not answer.',
    })
    await assert.rejects(resolveDid(resolver, did), (error: IssuerError) => {
      assert.equal(error.code, 'CHAIN_UNREACHABLE')
      assert.equal(error.retryable, true)
      return true
    })
    proxy.behave(() => ({ refuse: 'rate limit' }))
    await assert.rejects(resolveDid(resolver, did), { code: 'CHAIN_UNREACHABLE' })
    assert.equal(failures.length, 3)
    for (const reason of failures) assert(!reason.includes(proxy.url), reason)
  })

  it('reads no history without end', async () => {
    const owner = digestSigner()
    for (let i = 0; i < 3; i++) await apply(owner, attribute(new Uint8Array([i])))
    const did = ledger.didOf(owner.address)
    const impatient = makeResolver({ maximumChanges: 2 })
    assert.equal((await impatient.resolve(did)).didResolutionMetadata.error, 'chainUnreachable')
    const enough = makeResolver({ maximumChanges: 3 })
    assert.equal((await enough.resolve(did)).didResolutionMetadata.error, undefined)
    await apply(owner, ...[3, 4, 5].map((i) => attribute(new Uint8Array([i]))))
    assert.equal((await enough.resolve(did)).didResolutionMetadata.error, 'chainUnreachable')
    const patient = makeResolver({ maximumChanges: 6 })
    assert.equal((await patient.resolve(did)).didResolutionMetadata.error, undefined)
  })

  it('does not spend seconds on one long attribute', async () => {
    const owner = digestSigner()
    await apply(owner, attribute(new Uint8Array(30_000).fill(7)))
    const started = performance.now()
    const { didResolutionMetadata } = await makeResolver({}).resolve(ledger.didOf(owner.address))
    assert.equal(didResolutionMetadata.error, 'chainUnreachable')
    assert.ok(performance.now() - started < 2_000)
  })

  describe('with a cache', () => {
    const counted = (options: { ttl: number; maximumEntries?: number }) => {
      const reads = { count: 0 }
      proxy.behave((requests) => {
        reads.count += requests.filter(({ method }) => method === 'eth_call').length
        return 'pass'
      })
      return { cached: makeResolver({ cache: options }), reads }
    }

    it('reads a DID once, until it is told to forget it', async () => {
      const { cached, reads } = counted({ ttl: 60_000 })
      const owner = digestSigner()
      const did = ledger.didOf(owner.address)
      await Promise.all([cached.resolve(did), cached.resolve(did), cached.resolve(`${did}#controller`)])
      await cached.resolve(did, { accept: 'application/did+json' })
      assert.equal(reads.count, 1)
      await apply(owner, attribute(new Uint8Array([1])))
      assert.equal((await cached.resolve(did)).didDocument?.verificationMethod?.length, 1)
      cached.forget(did)
      assert.equal((await cached.resolve(did)).didDocument?.verificationMethod?.length, 2)
      assert.equal(reads.count, 2)
    })

    it('gives each caller its own copy', async () => {
      const { cached } = counted({ ttl: 60_000 })
      const did = ledger.didOf(digestSigner().address)
      const { didDocument } = await cached.resolve(did)
      didDocument?.verificationMethod?.pop()
      assert.equal((await cached.resolve(did)).didDocument?.verificationMethod?.length, 1)
    })

    it('keeps no more than its size, the ones asked for last', async () => {
      const { cached, reads } = counted({ ttl: 60_000, maximumEntries: 2 })
      const [a, b, c] = Array.from({ length: 3 }, () => ledger.didOf(digestSigner().address)) as [
        string,
        string,
        string,
      ]
      for (const did of [a, b, a, c]) await cached.resolve(did)
      assert.equal(reads.count, 3)
      await cached.resolve(a)
      assert.equal(reads.count, 3)
      await cached.resolve(b)
      assert.equal(reads.count, 4)
    })

    it('keeps no failure', async () => {
      const { cached } = counted({ ttl: 60_000 })
      const did = ledger.didOf(digestSigner().address)
      proxy.behave(() => 'lose request')
      assert.equal((await cached.resolve(did)).didResolutionMetadata.error, 'chainUnreachable')
      proxy.behave(() => 'pass')
      assert.equal((await cached.resolve(did)).didResolutionMetadata.error, undefined)
    })
  })
})
