import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { openVerification } from '../../../node/composition/open-verification.ts'
import { compromiseAttribute, compromiseStatement, keyFingerprint } from '../../../node/did/key-history.ts'
import { multikeyAttribute } from '../../../node/did/multikey.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { DidChange, Hex } from '../../../node/ledger/ledger.ts'
import { statusListId } from '../../../node/ledger/resource-id.ts'
import type { OpenedSchema } from '../../../node/schemas/open-schema.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import type { Suite } from '../../../node/suites/suite.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { degreeClaims, degreeSchema } from './degree.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers } from './ledger-issuers.ts'

const second = 1_000
const base58 = 'did/pub/Multikey/veriKey/base58'

describe('verification and the history of keys', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let issuers: LedgerIssuers
  let issuer: LedgerIssuer
  let schema: OpenedSchema
  let listKey: Hex

  beforeEach(async () => {
    issuer = await issuers.createIssuer()
    schema = await issuers.registerSchema(issuer, degreeSchema)
    await issuers.openLists(issuer)
    listKey = issuers.ledger.statusLists.keyOf({ issuer: issuer.identity, purpose: 'revocation', number: 1 })
  })
  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    issuers = await openLedgerIssuers({ rpcUrl: proxy.url, registries: chain.registries })
  })
  afterEach(() => proxy.behave(() => 'pass'))
  after(async () => {
    await issuers?.close()
    await proxy?.close()
    await chain?.close()
  })

  const open = (ttlMs = 0) => {
    const { chainId, registries } = issuers.ledger
    const resolver = { rpcUrl: proxy.url, chainId, didRegistry: registries.didRegistry }
    return openVerification({
      ...{ ledger: issuers.ledger, suites: issuers.deps.suites, resolver, ttlMs },
      statusListFetch: 'off',
    })
  }
  const verify = (
    credential: unknown,
    registration?: Parameters<typeof verifyCredential>[1]['registration'],
  ) => verifyCredential(open().deps, { credential, registration })

  /** A credential whose proof says that it was made then. */
  async function signAt(created: Date, proofType = 'eddsa-jcs-2022'): Promise<JsonObject> {
    const status = [{ purpose: 'revocation' as const, index: 7 }]
    const signed = await issuers.sign({ issuer, schema, claims: degreeClaims, proofType, status })
    const { proof: _, ...document } = signed as JsonObject
    const suite = issuers.deps.suites.find(({ name }) => name === proofType) as Suite
    const documents = new Map(schema.contexts.map((context) => [context.url, context.document]))
    const documentLoader = createDocumentLoader({ extra: async (url) => documents.get(url) })
    return (await suite.secure(document, {
      key: issuer.key('Ed25519'),
      created,
      documentLoader,
    })) as JsonObject
  }
  const attribute = () => multikeyAttribute('Ed25519', issuer.key('Ed25519').signer.publicKey)
  const remove = () => issuer.change([{ kind: 'revokeAttribute', name: base58, value: attribute() }])
  const mark = (since: Date) => {
    const value = compromiseStatement(keyFingerprint(attribute()), since)
    const statement: DidChange = { kind: 'setAttribute', name: compromiseAttribute, value, validity: 1 }
    return issuer.change([statement])
  }
  const headTime = async () => new Date((await issuers.ledger.head()).time)

  /** Registers a credential as the only entry of a transaction. */
  async function register(credential: JsonObject) {
    const bytes = Buffer.from(canonicalize(credential) as string)
    const digest: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`
    const root = issuers.ledger.statusLists.rootOf({ key: listKey, index: 7, digest, proof: [] })
    const { registered } = (await issuers.ledger.statusLists.get(listKey)) ?? { registered: 0 }
    const { transactionHash } = await issuers.ledger.statusLists.registerBatch([
      { key: listKey, expectedRegistered: registered, count: 1, root },
    ])
    const id = statusListId(issuer.did, 'revocation', 1)
    return { statusListId: id, statusListIndex: 7, proof: [], transactionHash }
  }

  it('verifies what a key signed before it was rotated, and says for which time it was listed', async () => {
    const listed = await headTime()
    for (const proofType of ['eddsa-jcs-2022', 'eddsa-rdfc-2022', 'Ed25519Signature2020']) {
      const credential = await signAt(new Date(), proofType)
      const { checks } = await verify(credential)
      assert.equal(checks.proof.status, 'pass')
      assert.equal(checks.proof.key?.compromisedSince, null)
    }
    const credential = await signAt(listed)
    const token = await issuers.sign({ issuer, schema, claims: degreeClaims, proofType: 'JwtProof2020' })
    await remove()
    const removed = await headTime()
    const { verified, checks } = await verify(credential)
    assert.equal(verified, true, JSON.stringify(checks))
    assert.equal(checks.proof.key?.validUntil, removed.toISOString())
    const told = await verify(token)
    assert.equal(told.verified, true, JSON.stringify(told.checks))
  })

  it('fails what a rotated key signed after its removal', async () => {
    await remove()
    const { verified, checks } = await verify(
      await signAt(new Date((await headTime()).getTime() + 90 * second)),
    )
    assert.equal(verified, false)
    assert.equal(checks.proof.status, 'fail')
    assert.match(checks.proof.reason ?? '', /removed from the DID document at/)
  })

  it('fails what claims to be older than its key', async () => {
    const credential = await signAt(new Date((await headTime()).getTime() - 400 * second))
    const { checks } = await verify(credential)
    assert.equal(checks.proof.status, 'fail')
    assert.match(checks.proof.reason ?? '', /older than its key/)
  })

  it('fails what a stolen key signed since the theft, whatever it can show', async () => {
    const credential = await signAt(new Date())
    const registration = await register(credential)
    await mark(new Date(Date.now() - 60 * second))
    const { checks } = await verify(credential, registration)
    assert.equal(checks.proof.status, 'fail')
    assert.match(checks.proof.reason ?? '', /others may hold the key since/)
  })

  it('believes a stolen key only for what the ledger registered before the theft', async () => {
    const credential = await signAt(await headTime())
    const registration = await register(credential)
    const theft = new Date((await headTime()).getTime() + 5 * second)
    await chain.request('evm_increaseTime', [10])
    const backdated = await signAt(new Date(theft.getTime() - 6 * second))
    const late = await register(backdated)
    await mark(theft)
    await remove()

    const shown = await verify(credential, registration)
    assert.equal(shown.verified, true, JSON.stringify(shown.checks))
    assert.equal(shown.checks.proof.key?.compromisedSince, `${theft.toISOString().slice(0, 19)}.000Z`)

    const doubtful = [
      await verify(credential),
      await verify(backdated),
      await verify(backdated, late),
      await verify(backdated, registration),
      await verify(credential, { ...registration, transactionHash: late.transactionHash }),
      await verify(credential, {
        ...registration,
        statusListId: `did:ethr:0x1:0x${'11'.repeat(20)}/status/revocation/1`,
      }),
    ]
    for (const { verified, checks } of doubtful) {
      assert.equal(verified, false)
      assert.equal(checks.proof.status, 'unknown')
      assert.match(checks.proof.reason ?? '', /only the proof of a registration/)
    }
  })

  it('does not let a token without key id pass by the history', async () => {
    const secured = await issuers.sign({ issuer, schema, claims: degreeClaims, proofType: 'JwtProof2020' })
    const [header = '', payload] = String(secured).split('.')
    const { kid: _, ...bare } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const input = `${Buffer.from(JSON.stringify(bare)).toString('base64url')}.${payload}`
    const signature = await issuer.key('Ed25519').signer.sign(Buffer.from(input))
    const unnamed = `${input}.${Buffer.from(signature).toString('base64url')}`
    assert.equal((await verify(unnamed)).verified, true)
    await mark(new Date(0))
    assert.notEqual((await verify(unnamed)).checks.proof.status, 'pass')
  })

  it('finds nothing certain when the chain does not answer', async () => {
    const credential = await signAt(new Date())
    proxy.behave((requests) =>
      requests.some(({ method }) => method === 'eth_getLogs') ? 'lose request' : 'pass',
    )
    const { checks } = await verify(credential)
    assert.equal(checks.proof.status, 'unknown')
  })

  it('asks the chain once for a DID within the time that is remembered, and again when it changed', async () => {
    const credential = await signAt(new Date())
    const { deps, forget } = open(60_000)
    let reads = 0
    const isRead = (address: unknown) =>
      String(address).toLowerCase() === issuers.ledger.registries.didRegistry
    proxy.behave((requests) => {
      reads += requests.filter(({ method, params }) => {
        const [filter] = (params ?? []) as { address?: string }[]
        return method === 'eth_getLogs' && isRead(filter?.address)
      }).length
      return 'pass'
    })
    const { verified } = await verifyCredential(deps, { credential })
    assert.equal(verified, true)
    // one for the document, one for the history
    assert.equal(reads, 2)
    for (let i = 0; i < 5; i++) await verifyCredential(deps, { credential })
    assert.equal(reads, 2)
    await remove()
    forget(issuer.did)
    reads = 0
    const again = await verifyCredential(deps, { credential })
    assert.equal(again.verified, true)
    assert.notEqual(again.checks.proof.key?.validUntil, null)
    assert.ok(reads > 0)
  })
})
