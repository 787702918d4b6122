import assert from 'node:assert/strict'
import { Resolver } from 'did-resolver'
import { EthrDidController, getResolver } from 'ethr-did-resolver'
import { type Hex, hexToBigInt, keccak256, parseSignature, stringToHex } from 'viem'
import {
  type Account,
  addDelegate,
  type Change,
  changeOwner,
  DAY,
  NOBODY,
  newAccount,
  revokeAttribute,
  revokeDelegate,
  serveDidRegistry,
  setAttribute,
} from './did-registry.ts'

/** Base58 with the Bitcoin alphabet, of bytes that do not begin with zero. */
function base58(bytes: Hex): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let text = ''
  for (let rest = hexToBigInt(bytes); rest > 0n; rest /= 58n) text = `${alphabet[Number(rest % 58n)]}${text}`
  return text
}

/** As many bytes as a key has, the same in every run; the first is that of a compressed point. */
const key = (size: number, label = 'key', first = '02') =>
  `0x${first}${keccak256(stringToHex(label)).slice(2).repeat(3)}`.slice(0, 2 + 2 * size) as Hex
const multikey = (codec: string, bytes: Hex): Hex => `0x${codec}${bytes.slice(2)}`

describe('DidRegistry read by ethr-did-resolver', () => {
  let chain: Awaited<ReturnType<typeof serveDidRegistry>>
  let identity: Account
  let did: string
  before(async () => {
    chain = await serveDidRegistry()
  })
  after(() => chain.close())
  beforeEach(async () => {
    identity = await chain.newIdentity()
    did = `did:ethr:0x7a69:${identity.address}`
  })

  /** Resolves with a resolver of its own: ethers keeps answers of a provider for 250 ms. */
  const resolve = async (didUrl = did) => {
    const { rpcUrl, chainId, registry } = chain
    const resolver = new Resolver(getResolver({ rpcUrl, chainId, registry: registry.address }))
    const result = await resolver.resolve(didUrl)
    assert.equal(result.didResolutionMetadata.error, undefined, String(result.didResolutionMetadata.message))
    assert.ok(result.didDocument)
    return { document: result.didDocument, metadata: result.didDocumentMetadata }
  }
  /** Applies changes as the owner; gives the block. */
  const apply = async (changes: Change[], account: Hex = identity.address) => {
    const hash = await chain.registry.write.applyChanges([identity.address, changes], { account })
    return (await chain.client.getTransactionReceipt({ hash })).blockNumber
  }
  const controller = (owner: Hex = identity.address) => ({
    id: `${did}#controller`,
    type: 'EcdsaSecp256k1RecoveryMethod2020',
    controller: did,
    blockchainAccountId: `eip155:31337:${owner}`,
  })

  it('gives an identity that never wrote its controller alone', async () => {
    const { document } = await resolve()
    assert.deepEqual(document.verificationMethod, [controller()])
    assert.deepEqual(document.assertionMethod, [`${did}#controller`])
  })

  describe('attributes', () => {
    const ed25519 = multikey('ed01', key(32))
    const p256 = multikey('8024', key(33))
    const secp256k1 = multikey('e701', key(33))
    const bls12381 = multikey('eb01', key(96, 'key', 'a1'))
    const multikeyName = 'did/pub/Multikey/veriKey/base58'
    const rows: [string, Hex, string, Record<string, string>, string?][] = [
      [
        'did/pub/Ed25519/veriKey/base58',
        key(32),
        'Ed25519VerificationKey2018',
        { publicKeyBase58: base58(key(32)) },
      ],
      [multikeyName, ed25519, 'Multikey', { publicKeyBase58: base58(ed25519) }, 'z6Mk'],
      [multikeyName, p256, 'Multikey', { publicKeyBase58: base58(p256) }, 'zDn'],
      [multikeyName, secp256k1, 'Multikey', { publicKeyBase58: base58(secp256k1) }, 'zQ3s'],
      [multikeyName, bls12381, 'Multikey', { publicKeyBase58: base58(bls12381) }, 'zUC7'],
      [
        'did/pub/Secp256k1/veriKey/hex',
        key(33),
        'EcdsaSecp256k1VerificationKey2019',
        { publicKeyHex: key(33).slice(2) },
      ],
    ]
    for (const [name, value, type, material, multibase] of rows) {
      it(`turn ${name} of ${(value.length - 2) / 2} bytes into ${type} ${multibase ?? ''}`, async () => {
        await apply([setAttribute(name, value)])
        const { document } = await resolve()
        const id = `${did}#delegate-1`
        assert.deepEqual(document.verificationMethod?.[1], { id, type, controller: did, ...material })
        assert.deepEqual(document.assertionMethod, [`${did}#controller`, id])
        assert.equal(document.keyAgreement, undefined)
        if (multibase) assert.ok(`z${material.publicKeyBase58}`.startsWith(multibase))
      })
    }

    it('turn did/pub/X25519/enc/base58 into a key for key agreement', async () => {
      await apply([setAttribute('did/pub/X25519/enc/base58', key(32))])
      const { document } = await resolve()
      const id = `${did}#delegate-1`
      const material = { publicKeyBase58: base58(key(32)) }
      const expected = { id, type: 'X25519KeyAgreementKey2019', controller: did, ...material }
      assert.deepEqual(document.verificationMethod?.[1], expected)
      assert.deepEqual(document.keyAgreement, [id])
      assert.deepEqual(document.assertionMethod, [`${did}#controller`])
    })

    it('turn did/svc/<Type> into a service, of a URL or of JSON', async () => {
      const endpoint = { uri: 'https://example.com/didcomm', accept: ['didcomm/v2'] }
      await apply([
        setAttribute('did/svc/LinkedDomains', stringToHex('https://example.com')),
        setAttribute('did/svc/DIDCommMessaging', stringToHex(JSON.stringify(endpoint))),
      ])
      const { document } = await resolve()
      assert.deepEqual(document.service, [
        { id: `${did}#service-1`, type: 'LinkedDomains', serviceEndpoint: 'https://example.com' },
        { id: `${did}#service-2`, type: 'DIDCommMessaging', serviceEndpoint: endpoint },
      ])
    })
  })

  describe('delegates', () => {
    it('stand as veriKey among the assertion methods, as sigAuth for authentication too', async () => {
      const [signer, login] = [newAccount().address, newAccount().address]
      await apply([addDelegate('veriKey', signer), addDelegate('sigAuth', login)])
      const { document } = await resolve()
      const ids = [`${did}#controller`, `${did}#delegate-1`, `${did}#delegate-2`]
      const accounts = [identity.address, signer, login]
      assert.deepEqual(
        document.verificationMethod,
        accounts.map((account, i) => ({ ...controller(account), id: ids[i] })),
      )
      assert.deepEqual(document.assertionMethod, ids)
      assert.deepEqual(document.authentication, [ids[0], ids[2]])
    })

    it('of the types of the registries leave the document alone', async () => {
      await apply([addDelegate('status', newAccount().address), addDelegate('schema', newAccount().address)])
      assert.deepEqual((await resolve()).document.verificationMethod, [controller()])
    })

    it('are gone in the very block of their revocation, as are attributes', async () => {
      const delegate = newAccount().address
      const added = await apply([
        addDelegate('veriKey', delegate),
        setAttribute('did/pub/Multikey/veriKey/base58', key(34)),
      ])
      const revoked = await apply([
        revokeDelegate('veriKey', delegate),
        revokeAttribute('did/pub/Multikey/veriKey/base58', key(34)),
      ])
      const before = await resolve(`${did}?versionId=${added}`)
      assert.equal(before.document.verificationMethod?.length, 3)
      for (const didUrl of [did, `${did}?versionId=${revoked}`]) {
        assert.deepEqual((await resolve(didUrl)).document.verificationMethod, [controller()])
      }
    })
  })

  it('gives the document of each versionId, up to the deactivation', async () => {
    const next = await chain.newIdentity()
    const name = 'did/pub/Multikey/veriKey/base58'
    const blocks = [
      await apply([
        setAttribute(name, key(34, 'a')),
        setAttribute('did/svc/A', stringToHex('https://a.example')),
      ]),
      await apply([setAttribute(name, key(34, 'b'))]),
      await apply([revokeAttribute(name, key(34, 'a'))]),
      await apply([addDelegate('status', next.address), changeOwner(next.address)]),
      await apply([changeOwner(NOBODY)], next.address),
    ]
    const keys = { a: base58(key(34, 'a')), b: base58(key(34, 'b')) }
    const expected = [
      { owner: identity.address, keys: [keys.a] },
      { owner: identity.address, keys: [keys.a, keys.b] },
      { owner: identity.address, keys: [keys.b] },
      { owner: next.address, keys: [keys.b] },
    ]
    for (const [i, version] of expected.entries()) {
      const { document, metadata } = await resolve(`${did}?versionId=${blocks[i]}`)
      const [first, ...others] = document.verificationMethod ?? []
      assert.deepEqual({ ...first, id: `${did}#controller`, controller: did }, controller(version.owner))
      assert.deepEqual(
        others.map(({ publicKeyBase58 }) => publicKeyBase58),
        version.keys,
      )
      assert.equal(document.service?.length, 1)
      assert.equal(metadata.versionId, String(blocks[i]))
      assert.equal(metadata.nextVersionId, String(blocks[i + 1]))
      assert.equal(metadata.deactivated, undefined)
    }
    const { document, metadata } = await resolve()
    assert.equal(metadata.deactivated, true)
    assert.equal(metadata.versionId, String(blocks[4]))
    assert.deepEqual(document.verificationMethod, [])
    assert.deepEqual(document.assertionMethod, [])
  })

  describe('and written by EthrDidController', () => {
    const controllerOf = () =>
      new EthrDidController(
        did,
        undefined,
        undefined,
        '0x7a69',
        undefined,
        chain.rpcUrl,
        chain.registry.address,
        false,
      )
    const sign = async (signer: Account, hash: string) => {
      const { r, s, yParity } = parseSignature(await signer.sign({ hash: hash as Hex }))
      return { sigV: 27 + yParity, sigR: r, sigS: s }
    }
    const service = { type: 'LinkedDomains', serviceEndpoint: 'https://example.com' }

    it('sets, adds, revokes and changes the owner as the owner', async () => {
      const delegate = newAccount().address
      did = `did:ethr:0x7a69:${chain.stranger}`
      await controllerOf().setAttribute('did/svc/LinkedDomains', service.serviceEndpoint, Number(DAY))
      await controllerOf().addDelegate('veriKey', delegate, Number(DAY))
      const { document } = await resolve()
      assert.deepEqual(document.service, [{ id: `${did}#service-1`, ...service }])
      assert.equal(document.verificationMethod?.length, 2)
      await controllerOf().revokeDelegate('veriKey', delegate)
      await controllerOf().revokeAttribute('did/svc/LinkedDomains', service.serviceEndpoint)
      await controllerOf().changeOwner(chain.relayer)
      const after = await resolve()
      assert.deepEqual(after.document.verificationMethod, [controller(chain.relayer)])
      assert.equal(after.document.service, undefined)
    })

    it('does the same by signatures that a relayer sends, of the old owner and then of the new', async () => {
      const delegate = newAccount().address
      const next = await chain.newIdentity()
      const from = { from: chain.relayer }
      const seconds = Number(DAY)
      const relayed = {
        setAttribute: async (signer: Account) => {
          const [name, value] = ['did/svc/LinkedDomains', service.serviceEndpoint] as const
          const hash = await controllerOf().createSetAttributeHash(name, value, seconds)
          await controllerOf().setAttributeSigned(name, value, seconds, await sign(signer, hash), from)
        },
        revokeAttribute: async (signer: Account) => {
          const [name, value] = ['did/svc/LinkedDomains', service.serviceEndpoint] as const
          const hash = await controllerOf().createRevokeAttributeHash(name, value)
          await controllerOf().revokeAttributeSigned(name, value, await sign(signer, hash), from)
        },
        addDelegate: async (signer: Account) => {
          const hash = await controllerOf().createAddDelegateHash('veriKey', delegate, seconds)
          await controllerOf().addDelegateSigned('veriKey', delegate, seconds, await sign(signer, hash), from)
        },
        revokeDelegate: async (signer: Account) => {
          const hash = await controllerOf().createRevokeDelegateHash('veriKey', delegate)
          await controllerOf().revokeDelegateSigned('veriKey', delegate, await sign(signer, hash), from)
        },
        changeOwner: async (signer: Account, owner: Hex) => {
          const hash = await controllerOf().createChangeOwnerHash(owner)
          await controllerOf().changeOwnerSigned(owner, await sign(signer, hash), from)
        },
      }
      await relayed.setAttribute(identity)
      await relayed.addDelegate(identity)
      const { document } = await resolve()
      assert.deepEqual(document.service, [{ id: `${did}#service-1`, ...service }])
      assert.equal(document.verificationMethod?.[1]?.blockchainAccountId, `eip155:31337:${delegate}`)
      await relayed.changeOwner(identity, next.address)
      await relayed.revokeDelegate(next)
      await relayed.revokeAttribute(next)
      const after = await resolve()
      assert.deepEqual(after.document.verificationMethod, [controller(next.address)])
      assert.equal(after.document.service, undefined)
      assert.equal(await chain.registry.read.nonce([identity.address]), 3n)
      assert.equal(await chain.registry.read.nonce([next.address]), 2n)
      await relayed.changeOwner(next, NOBODY)
      assert.equal((await resolve()).metadata.deactivated, true)
    })
  })
})
