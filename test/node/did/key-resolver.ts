import assert from 'node:assert/strict'
import { keyResolver } from '../../../node/did/key-resolver.ts'
import { encodeMultikey, multikeyAttribute } from '../../../node/did/multikey.ts'
import { createDidResolver, type DidResolver } from '../../../node/did/resolver.ts'
import type { DidChange, Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const name = 'did/pub/Multikey/veriKey/base58'
const keyOf = (byte: number) => new Uint8Array(32).fill(byte)
const set = (byte: number): DidChange => ({
  kind: 'setAttribute',
  name,
  value: multikeyAttribute('Ed25519', keyOf(byte)),
  validity: 86_400,
})
const revoke = (byte: number): DidChange => ({
  kind: 'revokeAttribute',
  name,
  value: multikeyAttribute('Ed25519', keyOf(byte)),
})

describe('the key resolver', () => {
  let chain: TestChain
  let ledger: Ledger
  let resolver: DidResolver

  before(async () => {
    chain = await startChain()
    ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 20 })
    const { chainId, rpcUrl, registries } = chain
    resolver = createDidResolver({ chainId, rpcUrl, didRegistry: registries.didRegistry })
  })

  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  function newIssuer() {
    const owner = digestSigner()
    const apply = (...changes: DidChange[]) =>
      ledger.dids.applyChangesSigned({ identity: owner.address, changes, sign: owner.signDigest })
    return { did: ledger.didOf(owner.address), apply }
  }

  it('finds an assertion method by its DID URL', async () => {
    const { did, apply } = newIssuer()
    await apply(set(1))
    const id = `${did}#delegate-1`
    const resolved = await keyResolver(resolver)(id)
    assert.deepEqual(resolved?.verificationMethod, {
      id,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: encodeMultikey('ed25519-pub', keyOf(1)),
    })
    assert.equal(resolved?.didDocument.id, did)
    assert.equal(resolved?.deactivated, false)
  })

  it('finds no other methods', async () => {
    const { did, apply } = newIssuer()
    await apply({
      kind: 'setAttribute',
      name: 'did/pub/X25519/enc/base58',
      value: keyOf(1),
      validity: 86_400,
    })
    const keyAgreement = `${did}#delegate-1`
    assert.deepEqual((await resolver.resolve(did)).didDocument?.keyAgreement, [keyAgreement])
    for (const didUrl of [
      keyAgreement,
      did,
      `${did}#`,
      `${did}#delegate-2`,
      `${did}/path#controller`,
      'text',
      '#controller',
    ]) {
      assert.equal(await keyResolver(resolver)(didUrl), undefined, didUrl)
    }
  })

  it('finds no revoked key, except at a time when it was valid', async () => {
    const { did, apply } = newIssuer()
    const { blockNumber } = await apply(set(1))
    const at = new Date((await ledger.head()).time)
    await chain.request('evm_increaseTime', [10])
    await apply(revoke(1), set(2))
    const id = `${did}#delegate-1`
    assert.equal(await keyResolver(resolver)(id), undefined)
    const then = await keyResolver(resolver, { at })(id)
    assert.equal(then?.verificationMethod.id, id)
    assert.equal(then?.verificationMethod.publicKeyMultibase, encodeMultikey('ed25519-pub', keyOf(1)))
    const byBlock = await keyResolver(resolver)(`${did}?versionId=${blockNumber}#delegate-1`)
    assert.equal(byBlock?.verificationMethod.id, id)
    // A revocation counts in the numbers of the library, too.
    const now = await keyResolver(resolver)(`${did}#delegate-3`)
    assert.equal(now?.verificationMethod.publicKeyMultibase, encodeMultikey('ed25519-pub', keyOf(2)))
  })

  it('gives the last keys of a deactivated DID, flagged', async () => {
    const { did, apply } = newIssuer()
    await apply(set(1))
    await apply(revoke(1), set(2))
    await apply({ kind: 'changeOwner', owner: `0x${'00'.repeat(20)}` })
    const resolved = await keyResolver(resolver)(`${did}#delegate-3`)
    assert.equal(resolved?.deactivated, true)
    assert.equal(resolved?.verificationMethod.id, `${did}#delegate-3`)
    assert.equal(await keyResolver(resolver)(`${did}#delegate-1`), undefined)
  })

  it('finds the key of a did:key at any time', async () => {
    const multibase = encodeMultikey('ed25519-pub', keyOf(0x20))
    const id = `did:key:${multibase}#${multibase}`
    const resolved = await keyResolver(resolver, { at: new Date(0) })(id)
    assert.equal(resolved?.verificationMethod.publicKeyMultibase, multibase)
  })

  it('throws where the chain does not answer or the method is unknown', async () => {
    const { did } = newIssuer()
    const unreachable = createDidResolver({
      chainId: chain.chainId,
      rpcUrl: 'http://127.0.0.1:1',
      didRegistry: chain.registries.didRegistry,
    })
    await assert.rejects(keyResolver(unreachable)(`${did}#controller`), { code: 'CHAIN_UNREACHABLE' })
    await assert.rejects(keyResolver(resolver)('did:example:1#key-1'), { code: 'DID_METHOD_UNSUPPORTED' })
  })
})
