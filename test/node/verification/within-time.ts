import assert from 'node:assert/strict'
import type { OpenedSchema } from '../../../node/schemas/open-schema.ts'
import type { VerificationDeps } from '../../../node/verification/verification.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { withinTime } from '../../../node/verification/within-time.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { degreeClaims, degreeSchema } from './degree.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers } from './ledger-issuers.ts'

describe('withinTime', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let issuers: LedgerIssuers
  let issuer: LedgerIssuer
  let schema: OpenedSchema

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    issuers = await openLedgerIssuers({ rpcUrl: proxy.url, registries: chain.registries })
    issuer = await issuers.createIssuer()
    schema = await issuers.registerSchema(issuer, degreeSchema)
    await issuers.openLists(issuer)
  })
  after(async () => {
    await proxy?.close()
    await issuers?.close()
    await chain?.close()
  })

  const statusOf = { purpose: 'revocation', index: 1 } as const

  it('asks a chain that answers as ever', async () => {
    const credential = await issuers.sign({ issuer, schema, claims: degreeClaims, status: [statusOf] })
    const { verified } = await verifyCredential(issuers.deps, { credential })
    assert.equal(verified, true)
  })

  it('waits once for a chain that takes connections and does not answer, and decides nothing', async () => {
    const credential = await issuers.sign({ issuer, schema, claims: degreeClaims, status: [statusOf] })
    proxy.behave(() => 'stall')
    // one request may take 10 s: what ends sooner was ended by the limit
    const begun = performance.now()
    const { verified, checks } = await verifyCredential(
      { ...issuers.deps, timeLimitMs: 100 },
      { credential, chain: [credential] },
    )
    assert.ok(performance.now() - begun < 5_000)
    assert.equal(verified, false)
    for (const name of ['proof', 'issuer', 'schema', 'revocation'] as const) {
      assert.equal(checks[name].status, 'unknown', name)
    }
  })

  it('calls the status unknown where a host does not answer', async () => {
    const publishedLists = () => new Promise<never>(() => {})
    const deps: VerificationDeps = { ...issuers.deps, publishedLists, timeLimitMs: 20 }
    const limited = withinTime(deps)
    const input = { url: 'https://lists.example/1', issuer: 'did:example:a', list: {} as never }
    const found = await limited.publishedLists?.(input)
    assert.equal(found && 'status' in found && found.status, 'unknown')
    await assert.rejects(limited.resolveDid('did:example:a'), { code: 'CHAIN_UNREACHABLE' })
  })
})
