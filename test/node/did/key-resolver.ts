import assert from 'node:assert/strict'
import { createKeyHistories } from '../../../node/did/key-histories.ts'
import { compromiseAttribute, compromiseStatement, keyFingerprint } from '../../../node/did/key-history.ts'
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

  const withHistory = () => keyResolver(resolver, { history: createKeyHistories({ ledger }).of })
  const later = (seconds: number) => chain.request('evm_increaseTime', [seconds])
  const timeOf = async () => new Date((await ledger.head()).time)

  it('finds a removed key for what claims to be older than its removal alone', async () => {
    const { did, apply } = newIssuer()
    await apply(set(1))
    const listed = await timeOf()
    await later(1_000)
    await apply(revoke(1), set(2))
    const removed = await timeOf()
    const id = `${did}#delegate-1`
    const resolveKey = withHistory()
    assert.equal(await resolveKey(id), undefined)
    assert.equal(await keyResolver(resolver)(id, { signedAt: listed }), undefined)
    const then = await resolveKey(id, { signedAt: listed })
    assert.equal(then?.verificationMethod.publicKeyMultibase, encodeMultikey('ed25519-pub', keyOf(1)))
    assert.deepEqual(then?.validity, {
      validFrom: listed.toISOString(),
      validUntil: removed.toISOString(),
      compromisedSince: null,
    })
    const after = new Date(removed.getTime() + 61_000)
    await assert.rejects(resolveKey(id, { signedAt: after }), { code: 'KEY_NOT_VALID' })
    const before = new Date(listed.getTime() - 301_000)
    await assert.rejects(resolveKey(id, { signedAt: before }), { code: 'KEY_NOT_VALID' })
    // A holder answers with what it has now.
    const answer = { signedAt: listed, purpose: 'authentication' as const }
    assert.equal(await resolveKey(id, answer), undefined)
    // A revocation counts in the numbers of the library, too.
    const now = await resolveKey(`${did}#delegate-3`)
    assert.equal(now?.verificationMethod.publicKeyMultibase, encodeMultikey('ed25519-pub', keyOf(2)))
    assert.equal(now?.validity?.validUntil, new Date(removed.getTime() + 86_400_000).toISOString())
  })

  it('asks for evidence where a proof tells no time', async () => {
    const { did, apply } = newIssuer()
    await apply(set(1))
    const listed = await timeOf()
    await later(1_000)
    await apply(revoke(1))
    const resolveKey = withHistory()
    const id = `${did}#delegate-1`
    const ask = (existed: boolean, startOfValidity?: Date) => {
      const evidence = { existedBefore: async () => existed, ...(startOfValidity && { startOfValidity }) }
      return resolveKey(id, { evidence })
    }
    await assert.rejects(ask(false), { code: 'KEY_DOUBTFUL' })
    assert.equal((await ask(true))?.verificationMethod.id, id)
    assert.equal((await ask(false, listed))?.verificationMethod.id, id)
  })

  it('believes a stolen key only for what can be shown to be older than the theft', async () => {
    const { did, apply } = newIssuer()
    await apply(set(1))
    const listed = await timeOf()
    await later(1_000)
    const stolen = new Date(listed.getTime() + 500_000)
    const value = compromiseStatement(keyFingerprint(multikeyAttribute('Ed25519', keyOf(1))), stolen)
    const statement: DidChange = { kind: 'setAttribute', name: compromiseAttribute, value, validity: 1 }
    const id = `${did}#delegate-1`
    // First marked while it is still listed, then removed: no difference.
    for (const changes of [[statement], [revoke(1)], [{ ...statement, kind: 'revokeAttribute' as const }]]) {
      await apply(...(changes as DidChange[]))
      const resolveKey = withHistory()
      const asked: Date[] = []
      const evidence = (existed: boolean) => ({
        existedBefore: async (date: Date) => asked.push(date) > 0 && existed,
      })
      await assert.rejects(resolveKey(id, { signedAt: stolen, evidence: evidence(true) }), {
        code: 'KEY_NOT_VALID',
      })
      await assert.rejects(resolveKey(id, { signedAt: listed }), { code: 'KEY_DOUBTFUL' })
      await assert.rejects(resolveKey(id, { signedAt: listed, evidence: evidence(false) }), {
        code: 'KEY_DOUBTFUL',
      })
      const shown = await resolveKey(id, { signedAt: listed, evidence: evidence(true) })
      assert.equal(shown?.validity?.compromisedSince, `${stolen.toISOString().slice(0, 19)}.000Z`)
      assert.equal(asked.length, 2)
    }
    await apply(set(1))
    // Listed again, it has another name and is the same key.
    await assert.rejects(
      withHistory()(`${did}#delegate-3`, { evidence: { existedBefore: async () => false } }),
      {
        code: 'KEY_DOUBTFUL',
      },
    )
    await assert.rejects(withHistory()(`${did}#delegate-3`, { purpose: 'authentication' }), {
      code: 'KEY_NOT_VALID',
    })
    const document = (await resolver.resolve(did)).didDocument
    assert.equal(document?.verificationMethod?.length, 2, 'resolvers see no key in the statement')
    assert.equal(document?.service, undefined)
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
    const resolved = await withHistory()(id, { signedAt: new Date(0) })
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
