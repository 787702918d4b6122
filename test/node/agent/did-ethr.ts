import assert from 'node:assert/strict'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import { createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as rdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { verifyCredential } from '@digitalbazaar/vc'
import { verifyCredential as verifyJwtCredential } from 'did-jwt-vc'
import { type Hex, stringToHex, toHex } from 'viem'
import { createAgent, jwtAgent } from '../../../node/agent/agent.ts'
import { keyResolver } from '../../../node/did/key-resolver.ts'
import { multikeyAttribute } from '../../../node/did/multikey.ts'
import { createDidResolver, type DidResolver } from '../../../node/did/resolver.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { type KeyType, keyTypes, type Signer } from '../../../node/keys/key-store.ts'
import { didRegistryAbi } from '../../../node/ledger/abi.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { KeyResolver, Secured, Suite } from '../../../node/suites/suite.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, degreeContextUrl, documentLoader, type Issuers, openIssuers } from '../suites/issuers.ts'

const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const publicUrl = 'http://127.0.0.1:3000'
const digitalBazaar: Record<string, () => unknown> = {
  Ed25519Signature2020: () => new Ed25519Signature2020(),
  'eddsa-rdfc-2022': () => new DataIntegrityProof({ cryptosuite: rdfc }),
  'eddsa-jcs-2022': () => new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() }),
}

describe('credentials of a did:ethr issuer on a chain', () => {
  let chain: TestChain
  let issuers: Issuers
  let resolver: DidResolver
  let resolveKey: KeyResolver
  let suites: readonly Suite[]
  let did: string
  const signers = new Map<KeyType, Signer>()
  const methods = new Map<KeyType, string>()

  async function write(
    call:
      | { functionName: 'setAttribute'; args: readonly [Hex, Hex, Hex, bigint] }
      | { functionName: 'revokeAttribute'; args: readonly [Hex, Hex, Hex] },
  ) {
    const [wallet] = await chain.viem.getWalletClients()
    const contract = { address: chain.registries.didRegistry, abi: didRegistryAbi }
    const hash = await wallet?.writeContract({ ...contract, ...call } as never)
    await (await chain.viem.getPublicClient()).waitForTransactionReceipt({ hash: hash as Hex })
  }

  /** Each assertion key as an attribute, in the form that the table of the ledger gives it. */
  async function publish(address: `0x${string}`): Promise<void> {
    for (const type of keyTypes) {
      const signer = await issuers.keyStore.generate(type)
      signers.set(type, signer)
      const [name, value] =
        type === 'secp256k1'
          ? ['did/pub/Secp256k1/veriKey/hex', signer.publicKey]
          : ['did/pub/Multikey/veriKey/base58', multikeyAttribute(type, signer.publicKey)]
      await write({
        functionName: 'setAttribute',
        args: [address, stringToHex(name as string, { size: 32 }), toHex(value as Uint8Array), 86_400n],
      })
    }
  }

  before(async () => {
    chain = await startChain()
    issuers = await openIssuers()
    const [wallet] = await chain.viem.getWalletClients()
    const address = wallet?.account.address.toLowerCase() as `0x${string}`
    did = `did:ethr:0x${chain.chainId.toString(16)}:${address}`
    await publish(address)
    const { chainId, rpcUrl, registries } = chain
    resolver = createDidResolver({ chainId, rpcUrl, didRegistry: registries.didRegistry })
    resolveKey = keyResolver(resolver)
    const { didDocument } = await resolver.resolve(did)
    const published = didDocument?.verificationMethod?.slice(1) ?? []
    keyTypes.forEach((type, index) => void methods.set(type, published[index]?.id as string))
    const records = keyTypes.map((type) => ({
      type,
      keyRef: signers.get(type)?.keyRef as string,
      verificationMethod: methods.get(type) as string,
    }))
    const record = { did, keys: records }
    const dids = {
      get: async (asked: string) => (asked === did ? record : undefined),
      list: async () => [record],
    }
    const agent = createAgent({ keyStore: issuers.keyStore, dids, resolver })
    suites = createSuites({
      publicUrl,
      agent: jwtAgent(agent),
      digestSigners: issuers.keyStore.requireDigestSigner,
    })
  })
  after(async () => {
    await issuers.close()
    await chain.close()
  })

  const now = () => new Date()

  async function issue(suite: Suite, type: KeyType, dataModel = suite.dataModels[0]): Promise<Secured> {
    const status = dataModel === '1.1' ? [statusContext] : []
    const contexts = [degreeContextUrl, ...status, ...suite.contexts(dataModel ?? '2.0')]
    const format = formats.find(({ name }) => name === suite.format) as (typeof formats)[0]
    const content = degree(did, { dataModel: dataModel ?? '2.0', contexts, validFrom: now() })
    // EIP-712 has no type for fractions
    content.claims = JSON.parse(JSON.stringify(content.claims).replace('3.8', '4'))
    const key = { verificationMethod: methods.get(type) as string, signer: signers.get(type) as Signer }
    return suite.secure(format.construct(content), { key, created: now(), documentLoader })
  }

  /** What verifiers see: derived where the proof is for holders alone. */
  async function shown(suite: Suite, secured: Secured): Promise<Secured> {
    // BbsBlsSignature2020 verifies as it was issued
    if (typeof secured === 'string' || !suite.derive || suite.name === 'BbsBlsSignature2020') return secured
    const { '@context': _, proof: __, ...members } = secured
    const selectivePointers = Object.keys(members).map((member) => `/${member}`)
    return suite.derive(secured, { selectivePointers, documentLoader, resolveKey })
  }

  /** What an independent verifier loads: contexts, and what the exported resolver gives. */
  async function load(url: string) {
    if (!url.startsWith('did:')) return documentLoader(url)
    const { didDocument } = await resolver.resolve(url.split('#')[0] as string)
    const method = didDocument?.verificationMethod?.find(({ id }) => id === url)
    return { contextUrl: null, documentUrl: url, document: url.includes('#') ? method : didDocument }
  }

  it('verify through the exported resolver, for every suite, data model and type of key', async () => {
    for (const suite of suites) {
      for (const dataModel of suite.dataModels) {
        for (const type of suite.keyTypes) {
          const secured = await shown(suite, await issue(suite, type, dataModel))
          const verdict = await suite.verify(secured, { resolveKey, documentLoader, now: now() })
          assert.deepEqual(verdict, {
            status: 'pass',
            type: suite.name,
            verificationMethod: methods.get(type),
          })
        }
      }
    }
  })

  it('verify with Digital Bazaar’s libraries; tampered copies do not', async () => {
    for (const suite of suites.filter(({ name }) => name in digitalBazaar)) {
      const secured = (await issue(suite, 'Ed25519')) as JsonObject
      const verify = (credential: JsonObject) =>
        verifyCredential({
          credential,
          suite: digitalBazaar[suite.name]?.(),
          documentLoader: load,
          checkStatus: async () => ({ verified: true }),
        })
      const { verified, error } = await verify(secured)
      assert.ok(verified, `${suite.name}: ${error?.errors ?? error}`)
      assert.equal((await verify({ ...secured, id: 'urn:uuid:0' })).verified, false)
    }
  })

  it('verify with did-jwt-vc; tampered copies do not', async () => {
    const suite = suites.find(({ name }) => name === 'JwtProof2020') as Suite
    for (const type of suite.keyTypes) {
      const token = (await issue(suite, type)) as string
      const options = { proofPurpose: 'assertionMethod' } as const
      const verified = await verifyJwtCredential(token, resolver as never, options)
      assert.equal(verified.signer.id, methods.get(type))
      const [header, payload, signature = ''] = token.split('.')
      const tampered = [
        header,
        payload,
        signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`,
      ]
      await assert.rejects(verifyJwtCredential(tampered.join('.'), resolver as never, options))
    }
  })

  it('fail for a key that was revoked, and cannot be told while the chain is away', async () => {
    const [suite] = suites as [Suite]
    const secured = await issue(suite, 'Ed25519')
    const lost = createDidResolver({
      chainId: chain.chainId,
      rpcUrl: 'http://127.0.0.1:9',
      didRegistry: chain.registries.didRegistry,
      requestTimeout: 500,
    })
    const options = { documentLoader, now: now() }
    const away = await suite.verify(secured, { ...options, resolveKey: keyResolver(lost) })
    assert.equal(away.status, 'unknown', away.reason)
    const value = multikeyAttribute('Ed25519', (signers.get('Ed25519') as Signer).publicKey)
    await write({
      functionName: 'revokeAttribute',
      args: [
        did.slice(-42) as `0x${string}`,
        stringToHex('did/pub/Multikey/veriKey/base58', { size: 32 }),
        toHex(value),
      ],
    })
    const revoked = await suite.verify(secured, { ...options, resolveKey })
    assert.equal(revoked.status, 'fail')
    assert.match(revoked.reason ?? '', /under assertionMethod/)
  })
})
