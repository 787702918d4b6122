import assert from 'node:assert/strict'
import { Resolver } from 'did-resolver'
import { getResolver } from 'ethr-did-resolver'
import { hexToBytes } from 'viem'
import { IssuerError } from '../../../node/errors.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { Address, Hex } from '../../../node/ledger/ledger.ts'
import { createDid } from '../../../node/registrar/create-did.ts'
import { deactivateDid } from '../../../node/registrar/deactivate-did.ts'
import { didHistory } from '../../../node/registrar/did-history.ts'
import { importDid, withdrawImport } from '../../../node/registrar/import-did.ts'
import { requireNodeDid } from '../../../node/registrar/node-did.ts'
import type { RegistrarDeps } from '../../../node/registrar/registrar.ts'
import { rotateKeys } from '../../../node/registrar/rotate-keys.ts'
import { settleDids } from '../../../node/registrar/settle-dids.ts'
import { updateDid } from '../../../node/registrar/update-did.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { digestSigner } from '../../digest-signer.ts'
import { type NodeUnderTest, startNode } from './node-under-test.ts'

describe('the DIDs of a node', () => {
  let node: NodeUnderTest
  let deps: RegistrarDeps

  before(async () => {
    node = await startNode()
    deps = node.deps
  })

  after(() => node?.close())

  const count = async (table: 'dids' | 'did_imports' | 'did_keys' | 'keys') =>
    (await node.database.selectFrom(table).selectAll().execute()).length
  const identityOf = (did: string) => node.ledger.identityOf(did) as Address
  const methods = (document: JsonObject) => document.verificationMethod as JsonObject[]

  /** The keys for assertions that the ledger shows, without the controller, which every did:ethr has there. */
  const assertionMethods = async (did: string): Promise<string[]> => {
    const resolved = await deps.resolveDid(did)
    const ids = (resolved?.document.assertionMethod ?? []) as string[]
    return ids.filter((id) => !id.endsWith('#controller'))
  }

  /** Fails as the chain does when it stops answering, after the transaction was signed or before. */
  const failing = (when: 'before' | 'signed' | 'mined'): RegistrarDeps => ({
    ...deps,
    ledger: {
      ...deps.ledger,
      dids: {
        ...deps.ledger.dids,
        applyChangesSigned: async (input, options) => {
          if (when === 'signed') await options?.onSigned?.({ hash: '0x01', raw: '0x02', nonce: 9 }, 0)
          if (when === 'mined') await deps.ledger.dids.applyChangesSigned(input, options)
          throw new IssuerError('CHAIN_UNREACHABLE')
        },
      },
    },
  })

  describe('createDid', () => {
    it('puts every key onto the ledger in one transaction, for the unmodified resolver to see', async () => {
      const keys = ['Ed25519', 'P-256', 'secp256k1'] as const
      const { did, document, transactionHash } = await createDid(deps, { method: 'ethr', keys, name: 'MIT' })
      const registry = node.ledger.registries.didRegistry
      const network = { rpcUrl: node.chain.rpcUrl, registry, chainId: node.chain.chainId }
      const npm = new Resolver(getResolver({ networks: [network] }))
      const { didDocument } = await npm.resolve(did)
      const stored = await deps.dids.get(did)
      assert.equal(stored?.state, 'active')
      assert.equal(stored?.name, 'MIT')
      assert.deepEqual(stored?.keys.map(({ type }) => type).sort(), [...keys].sort())
      for (const { verificationMethod } of stored?.keys ?? []) {
        assert.ok(didDocument?.assertionMethod?.includes(verificationMethod), verificationMethod)
        assert.ok(methods(document).some(({ id }) => id === verificationMethod))
      }
      const history = await didHistory(deps, { did })
      assert.deepEqual([...new Set(history.map((entry) => entry.transactionHash))], [transactionHash])
      for (const type of ['schema', 'status'] as const) {
        assert.ok(await node.ledger.dids.isAuthorized(identityOf(did), type, node.ledger.relayer))
      }
    })

    it('knows each key by the id that signs with it', async () => {
      const { did, document } = await createDid(deps, { method: 'ethr', keys: ['P-256', 'Ed25519'] })
      for (const { verificationMethod, type } of (await deps.dids.get(did))?.keys ?? []) {
        const multibase = methods(document).find(({ id }) => id === verificationMethod)?.publicKeyMultibase
        assert.match(String(multibase), type === 'Ed25519' ? /^z6Mk/ : /^zDna/)
      }
    })

    it('makes a did:key of one key without a transaction', async () => {
      for (const [type, start] of [
        ['Ed25519', 'z6Mk'],
        ['P-256', 'zDn'],
        ['secp256k1', 'zQ3s'],
        ['P-384', 'z82'],
        ['Bls12381G2', 'zUC'],
      ] as const) {
        const { did, transactionHash } = await createDid(deps, { method: 'key', keys: [type] })
        assert.ok(did.startsWith(`did:key:${start}`))
        assert.equal(transactionHash, null)
        assert.equal((await deps.dids.get(did))?.keys[0]?.verificationMethod.startsWith(`${did}#`), true)
      }
      const two = createDid(deps, { method: 'key', keys: ['Ed25519', 'P-256'] })
      await assert.rejects(two, { code: 'MALFORMED_REQUEST' })
    })

    it('makes an Ed25519 key when none is asked for, and one of each type at most', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      assert.deepEqual(
        (await deps.dids.get(did))?.keys.map(({ type }) => type),
        ['Ed25519'],
      )
      const twice = await createDid(deps, { method: 'ethr', keys: ['P-256', 'P-256'] })
      assert.equal((await deps.dids.get(twice.did))?.keys.length, 1)
    })

    it('leaves nothing behind when the chain fails before a transaction was signed', async () => {
      const before = [await count('dids'), await count('did_keys'), await count('keys')]
      await assert.rejects(createDid(failing('before'), { method: 'ethr' }), { code: 'CHAIN_UNREACHABLE' })
      assert.deepEqual([await count('dids'), await count('did_keys'), await count('keys')], before)
    })

    for (const when of ['signed', 'mined'] as const) {
      it(`is finished at the next start when the node ends after the transaction was ${when}`, async () => {
        await assert.rejects(createDid(failing(when), { method: 'ethr', keys: ['P-256'] }))
        const [pending] = await deps.dids.unsettled()
        assert.equal(pending?.state, 'pending')
        assert.equal(await settleDids(deps), 1)
        const stored = await deps.dids.get(pending.did)
        assert.equal(stored?.state, 'active')
        assert.equal(stored?.keys.length, 1)
        const shown = await assertionMethods(pending.did)
        assert.deepEqual(
          shown,
          stored?.keys.map(({ verificationMethod }) => verificationMethod),
        )
        assert.equal(await settleDids(deps), 0)
      })
    }
  })

  describe('rotateKeys', () => {
    it('replaces keys by new ones of their type in one transaction', async () => {
      const { did } = await createDid(deps, { method: 'ethr', keys: ['Ed25519', 'P-256'] })
      const old = (await deps.dids.get(did))?.keys ?? []
      const { revoked, added, transactionHash } = await rotateKeys(deps, { did })
      assert.deepEqual([...revoked].sort(), old.map(({ verificationMethod }) => verificationMethod).sort())
      assert.deepEqual((await assertionMethods(did)).sort(), [...added].sort())
      const stored = await deps.dids.get(did)
      assert.deepEqual(stored?.keys.map(({ type }) => type).sort(), ['Ed25519', 'P-256'])
      assert.ok(stored?.keys.every(({ keyRef }) => !old.some((key) => key.keyRef === keyRef)))
      const last = (await didHistory(deps, { did })).slice(-4)
      assert.ok(last.every((entry) => entry.transactionHash === transactionHash))
    })

    it('replaces only the keys that are meant', async () => {
      const { did } = await createDid(deps, { method: 'ethr', keys: ['Ed25519', 'P-256'] })
      const before = (await deps.dids.get(did))?.keys ?? []
      await rotateKeys(deps, { did, keyType: 'P-256' })
      const after = (await deps.dids.get(did))?.keys ?? []
      const of = (keys: typeof before, type: string) => keys.find((key) => key.type === type)?.keyRef
      assert.equal(of(after, 'Ed25519'), of(before, 'Ed25519'))
      assert.notEqual(of(after, 'P-256'), of(before, 'P-256'))
      const verificationMethod = `${did}#delegate-99`
      await assert.rejects(rotateKeys(deps, { did, verificationMethod }), { code: 'KEY_NOT_FOUND' })
    })

    it('forgets the new keys when the chain fails before a transaction was signed', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      const before = [await count('did_keys'), await count('keys')]
      await assert.rejects(rotateKeys(failing('before'), { did }), { code: 'CHAIN_UNREACHABLE' })
      assert.deepEqual([await count('did_keys'), await count('keys')], before)
    })

    it('takes over the new keys at the next start when the node ends before it recorded them', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      await assert.rejects(rotateKeys(failing('mined'), { did }))
      await settleDids(deps)
      const stored = await deps.dids.get(did)
      const shown = await assertionMethods(did)
      assert.deepEqual(
        shown,
        stored?.keys.map(({ verificationMethod }) => verificationMethod),
      )
      assert.equal(stored?.pendingKeys.length, 0)
    })

    it('keeps keys whose transaction may still be mined, and forgets them when it no longer can', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      await assert.rejects(rotateKeys(failing('signed'), { did }))
      await settleDids(deps)
      assert.equal((await deps.dids.get(did))?.pendingKeys.length, 1)
      await settleDids({ ...deps, now: () => new Date(Date.now() + 3 * 3_600_000) })
      assert.equal((await deps.dids.get(did))?.pendingKeys.length, 0)
      assert.equal((await deps.dids.get(did))?.keys.length, 1)
    })
  })

  describe('deactivateDid', () => {
    it('ends a DID for ever, in the records and on the ledger', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      await deactivateDid(deps, { did })
      assert.equal((await deps.dids.get(did))?.state, 'deactivated')
      assert.equal(await node.ledger.dids.isActive(identityOf(did)), false)
      for (const change of [
        deactivateDid(deps, { did }),
        rotateKeys(deps, { did }),
        updateDid(deps, { did, name: 'x' }),
      ]) {
        await assert.rejects(change, { code: 'ISSUER_DEACTIVATED' })
      }
      const last = (await didHistory(deps, { did })).at(-1)
      assert.deepEqual(last?.change, { kind: 'ownerChanged', owner: `0x${'0'.repeat(40)}` })
    })

    it('says so when the owner deactivated the DID elsewhere', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      const { controllerKeyRef } = (await deps.dids.get(did)) ?? {}
      const { signDigest } = await node.keyStore.requireDigestSigner(controllerKeyRef as string)
      const changes = [{ kind: 'changeOwner', owner: `0x${'0'.repeat(40)}` }] as const
      await node.ledger.dids.applyChangesSigned({ identity: identityOf(did), changes, sign: signDigest })
      const addServices = [{ type: 'LinkedDomains', serviceEndpoint: 'https://x.example' }]
      await assert.rejects(updateDid(deps, { did, addServices }), { code: 'ISSUER_DEACTIVATED' })
      await assert.rejects(rotateKeys(deps, { did }), { code: 'ISSUER_DEACTIVATED' })
      assert.equal((await deps.dids.get(did))?.state, 'deactivated')
    })

    it('refuses what cannot be deactivated', async () => {
      await assert.rejects(deactivateDid(deps, { did: 'did:ethr:0x7a69:0x00' }), { code: 'DID_NOT_FOUND' })
      const { did } = await createDid(deps, { method: 'key' })
      await assert.rejects(deactivateDid(deps, { did }), { code: 'DID_METHOD_UNSUPPORTED' })
    })
  })

  describe('updateDid', () => {
    it('adds services once and removes them once', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      const domains = { type: 'LinkedDomains', serviceEndpoint: 'https://issuer.example' }
      const json = { type: 'DIDCommMessaging', serviceEndpoint: '{ "uri": "https://x.example" }' }
      const added = await updateDid(deps, { did, addServices: [domains, json] })
      assert.deepEqual(
        (added.document.service as JsonObject[]).map(({ type, serviceEndpoint }) => ({
          type,
          serviceEndpoint,
        })),
        [domains, { type: json.type, serviceEndpoint: { uri: 'https://x.example' } }],
      )
      assert.equal((await updateDid(deps, { did, addServices: [domains, json] })).transactionHash, null)
      const removed = await updateDid(deps, { did, removeServices: [json] })
      assert.deepEqual(
        (removed.document.service as JsonObject[]).map(({ type }) => type),
        ['LinkedDomains'],
      )
      assert.equal((await updateDid(deps, { did, removeServices: [json] })).transactionHash, null)
    })

    it('changes the name without a transaction', async () => {
      const { did } = await createDid(deps, { method: 'ethr', name: 'old' })
      assert.equal((await updateDid(deps, { did, name: 'new' })).transactionHash, null)
      assert.equal((await deps.dids.get(did))?.name, 'new')
      await updateDid(deps, { did, name: null })
      assert.equal((await deps.dids.get(did))?.name, null)
    })

    it('refuses a type that no attribute has room for', async () => {
      const { did } = await createDid(deps, { method: 'ethr' })
      const addServices = [{ type: 'A type with spaces', serviceEndpoint: 'https://x' }]
      await assert.rejects(updateDid(deps, { did, addServices }), { code: 'MALFORMED_REQUEST' })
    })
  })

  describe('importDid', () => {
    const owned = () => {
      const owner = digestSigner()
      return { owner, did: node.ledger.didOf(owner.address) }
    }

    /** Puts a key and the delegates of this node onto the ledger. */
    const grant = (owner: ReturnType<typeof digestSigner>, value: Hex) => {
      const name = 'did/pub/Multikey/veriKey/base58'
      const delegate = deps.ledger.relayer
      const changes = [
        { kind: 'setAttribute' as const, name, value: hexToBytes(value), validity: 86_400 },
        ...(['schema', 'status'] as const).map((type) => ({
          ...{ kind: 'addDelegate' as const, type, delegate, validity: 86_400 },
        })),
      ]
      const { address: identity, signDigest: sign } = owner
      return node.ledger.dids.applyChangesSigned({ identity, changes, sign })
    }

    const refusal = async (input: Parameters<typeof importDid>[1]): Promise<IssuerError> => {
      const outcome = await importDid(deps, input).catch((error: unknown) => error)
      assert.ok(outcome instanceof IssuerError)
      assert.equal(outcome.code, 'DELEGATION_ON_LEDGER_MISSING')
      return outcome
    }

    it('says what is missing, the same each time, until the owner has put it onto the ledger', async () => {
      const [, wallet] = await node.chain.viem.getWalletClients()
      assert.ok(wallet)
      const did = node.ledger.didOf(wallet.account.address.toLowerCase() as Address)
      const input = { did, keys: ['Ed25519', 'P-256'] as const, name: 'Safe' }
      const first = await refusal(input)
      const second = await refusal(input)
      assert.deepEqual(second.violations, first.violations)
      assert.deepEqual(second.facts, first.facts)
      assert.equal(first.violations.length, 4)
      assert.equal(await deps.dids.get(did), undefined)

      const hash = await wallet.sendTransaction({ to: first.facts.to as Hex, data: first.facts.data as Hex })
      await (await node.chain.viem.getPublicClient()).waitForTransactionReceipt({ hash })
      const { document } = await importDid(deps, input)
      const stored = await deps.dids.get(did)
      assert.equal(stored?.state, 'active')
      assert.equal(stored?.origin, 'imported')
      assert.equal(stored?.name, 'Safe')
      for (const { verificationMethod } of stored?.keys ?? []) {
        assert.ok((document.assertionMethod as string[]).includes(verificationMethod))
      }
      assert.equal((await importDid(deps, input)).did, did)
      await assert.rejects(rotateKeys(deps, { did }), { code: 'DID_NOT_CONTROLLED' })
    })

    it('goes on with the DID that another request has taken in meanwhile', async () => {
      const { owner, did } = owned()
      const first = await refusal({ did })
      const value = /value (0x[0-9a-f]+)/.exec(first.violations[0]?.message ?? '')?.[1] as Hex
      await grant(owner, value)
      const before = await count('keys')
      const { record } = deps.didImports
      const late: RegistrarDeps = {
        ...deps,
        didImports: {
          ...deps.didImports,
          async record(wish) {
            await importDid(deps, { did })
            return record(wish)
          },
        },
      }
      const missing = await importDid(late, { did, keys: ['Ed25519', 'P-256'] }).catch((error) => error)
      assert.deepEqual([missing.code, missing.violations.length], ['DELEGATION_ON_LEDGER_MISSING', 1])
      const stored = await deps.dids.get(did)
      assert.deepEqual([stored?.state, stored?.keys.length, stored?.pendingKeys.length], ['active', 1, 1])
      assert.equal(await count('keys'), before + 1)
      assert.equal((await importDid(deps, { did })).did, did)
    })

    it('takes in nothing whose own keys the ledger does not show, whenever it is withdrawn', async () => {
      const { owner, did } = owned()
      const as = <T>(tenantId: string, act: () => Promise<T>) =>
        onBehalfOf({ requestId: null, tenantId, actor: 'test' }, act)
      const first = await as('a', () => refusal({ did }))
      const value = /value (0x[0-9a-f]+)/.exec(first.violations[0]?.message ?? '')?.[1] as Hex
      await grant(owner, value)
      const { keys, record, complete } = deps.didImports
      const steps: ((around: <T>(act: () => Promise<T>) => Promise<T>) => RegistrarDeps)[] = [
        (around) => ({
          ...deps,
          didImports: { ...deps.didImports, keys: (place) => around(() => keys(place)) },
        }),
        (around) => ({
          ...deps,
          didImports: { ...deps.didImports, record: (wish) => around(() => record(wish)) },
        }),
        (around) => ({
          ...deps,
          didImports: { ...deps.didImports, complete: (wish) => around(() => complete(wish)) },
        }),
        (around) => ({ ...deps, resolveDid: (name) => around(() => deps.resolveDid(name)) }),
      ]
      for (const step of steps)
        for (const again of [false, true]) {
          await as('b', () => refusal({ did }))
          let done = false
          const disturbed = step(async (act) => {
            const result = await act()
            if (done) return result
            done = true
            await withdrawImport(deps, { did })
            if (again) await refusal({ did })
            return result
          })
          const outcome = await as('b', () => importDid(disturbed, { did }).catch((error) => error))
          assert.equal(outcome.code, 'DELEGATION_ON_LEDGER_MISSING')
          assert.equal(outcome.violations.length, 1)
        }
      assert.equal(await deps.dids.get(did), undefined)
      assert.equal((await as('a', () => importDid(deps, { did }))).did, did)
      assert.equal((await deps.dids.get(did))?.tenantId, 'a')
    })

    it('names only what is still missing', async () => {
      const { owner, did } = owned()
      const first = await refusal({ did })
      const value = /value (0x[0-9a-f]+)/.exec(first.violations[0]?.message ?? '')?.[1] as Hex
      const name = 'did/pub/Multikey/veriKey/base58'
      const changes = [{ kind: 'setAttribute' as const, name, value: hexToBytes(value), validity: 86_400 }]
      await node.ledger.dids.applyChangesSigned({ identity: owner.address, changes, sign: owner.signDigest })
      const second = await refusal({ did })
      assert.deepEqual(second.violations, first.violations.slice(1))
      assert.equal(await deps.dids.get(did), undefined)
      assert.match(second.violations[0]?.message ?? '', /delegate 0x[0-9a-f]{40} of type schema/)
    })

    it('refuses DIDs of others methods, of this node, and deactivated ones', async () => {
      await assert.rejects(importDid(deps, { did: 'did:web:example.org' }), {
        code: 'DID_METHOD_UNSUPPORTED',
      })
      const { did } = await createDid(deps, { method: 'ethr' })
      await assert.rejects(importDid(deps, { did }), { code: 'DID_ALREADY_EXISTS' })
      const gone = owned()
      const changes = [{ kind: 'changeOwner', owner: `0x${'0'.repeat(40)}` }] as const
      await node.ledger.dids.applyChangesSigned({
        identity: gone.owner.address,
        changes,
        sign: gone.owner.signDigest,
      })
      await assert.rejects(importDid(deps, { did: gone.did }), { code: 'ISSUER_DEACTIVATED' })
    })
  })

  it("makes the node's own DID once", async () => {
    const did = await requireNodeDid(deps)
    assert.equal(await requireNodeDid(deps), did)
    assert.equal((await deps.dids.get(did))?.origin, 'node')
  })

  it('lists DIDs in pages, newest first, limited to issuers', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await deps.dids.list({ tenantId: 'default', limit: 5, cursor })
      seen.push(...page.items.map(({ did }) => did))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    const all = (await count('dids')) + (await count('did_imports'))
    assert.deepEqual([new Set(seen).size, seen.length], [all, all])
    const [one] = seen
    assert.deepEqual(
      (await deps.dids.list({ tenantId: 'default', limit: 5, issuers: [one as string] })).items.length,
      1,
    )
    assert.deepEqual(await deps.dids.list({ tenantId: 'default', limit: 5, issuers: [] }), {
      items: [],
      nextCursor: null,
    })
  })
})
