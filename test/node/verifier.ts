import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { parseBundle } from '../../node/bundle/bundle.ts'
import { IssuerError } from '../../node/errors.ts'
import type { JsonObject } from '../../node/json.ts'
import type { OpenedSchema } from '../../node/schemas/open-schema.ts'
import { createDocumentLoader } from '../../node/suites/document-loader.ts'
import type { Suite } from '../../node/suites/suite.ts'
import { bundleDigest, createVerifier, type Verifier, verifyOffline } from '../../node/verifier.ts'
import { startChain, type TestChain } from '../chain.ts'
import { nearly, readsOrRefuses } from '../hostile-values.ts'
import { degreeClaims, degreeSchema } from './verification/degree.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers } from './verification/ledger-issuers.ts'

const url = 'https://issuer.example/terms/v1'
const terms: JsonObject = { '@context': { grade: 'https://issuer.example/terms#grade' } }

describe('the library for verifiers', () => {
  let chain: TestChain
  let issuers: LedgerIssuers
  let issuer: LedgerIssuer
  let schema: OpenedSchema
  let verifier: Verifier

  before(async () => {
    chain = await startChain()
    issuers = await openLedgerIssuers(chain)
    issuer = await issuers.createIssuer()
    schema = await issuers.registerSchema(issuer, degreeSchema)
    await issuers.openLists(issuer)
    verifier = await createVerifier({ rpcUrl: chain.rpcUrl, registries: chain.registries })
  })
  after(async () => {
    await verifier?.close()
    await issuers?.close()
    await chain?.close()
  })

  const sign = (proofType: string) => {
    const status = [{ purpose: 'revocation' as const, index: 77_777 }]
    return issuers.sign({ issuer, schema, claims: degreeClaims, proofType, status })
  }
  const bundleOf = async (from: Verifier, credential: unknown) =>
    Buffer.from(JSON.stringify(await from.makeBundle({ credential })))

  for (const proofType of ['Ed25519Signature2020', 'eddsa-jcs-2022', 'JwtProof2020']) {
    it(`finds of ${proofType} online and offline what the node finds`, async () => {
      const credential = await sign(proofType)
      const { verified, checks } = await verifier.verifyCredential({ credential })
      assert.equal(verified, true, JSON.stringify(checks))
      const bytes = await bundleOf(verifier, credential)
      const offline = await verifyOffline({ bytes, digest: bundleDigest(bytes) })
      assert.deepEqual([offline.verified, offline.checks], [true, checks])
    })
  }

  it('keeps in a bundle what held when it was made', async () => {
    const credential = await sign('eddsa-rdfc-2022')
    const bytes = await bundleOf(verifier, credential)
    await issuers.setStatus(issuer, 'revocation', 77_777)
    assert.equal((await verifier.verifyCredential({ credential })).checks.revocation.revoked, true)
    const before = await verifyOffline({ bytes, digest: bundleDigest(bytes) })
    assert.deepEqual([before.verified, before.checks.revocation.revoked], [true, false])
    const after = await bundleOf(verifier, credential)
    const { verified, holds } = await verifyOffline({ bytes: after, digest: bundleDigest(after) })
    assert.deepEqual([verified, holds], [false, false])
  })

  it('refuses another bundle than the one that is meant, and what is none', async () => {
    const bytes = await bundleOf(verifier, await sign('eddsa-jcs-2022'))
    await assert.rejects(verifyOffline({ bytes, digest: '00'.repeat(32) }), { code: 'MALFORMED_REQUEST' })
    for (const text of ['', '[]', 'null', '{"type":"CartularyBundle"}', '\ufffd{']) {
      await assert.rejects(verifyOffline({ bytes: Buffer.from(text) }), { code: 'MALFORMED_REQUEST' })
    }
  })

  it('reads or refuses a bundle, whatever it is', async () => {
    const good = await verifier.makeBundle({ credential: await sign('eddsa-jcs-2022') })
    readsOrRefuses(parseBundle, { good: [good] })
    const values = nearly(good).map((value) => Buffer.from(JSON.stringify(value) ?? ''))
    await fc.assert(
      fc.asyncProperty(values, async (bytes) => {
        await verifyOffline({ bytes }).catch((error) => {
          assert.ok(error instanceof IssuerError && error.code === 'MALFORMED_REQUEST', error)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('unpacks no more of a status list in a bundle than the longest has', async () => {
    const bundle = await verifier.makeBundle({ credential: await sign('eddsa-jcs-2022') })
    const statusOf = async (bytes: number) => {
      const bits = gzipSync(Buffer.alloc(bytes)).toString('base64')
      const statusLists = bundle.statusLists.map((list) => ({ ...list, bits }))
      const outcome = await verifyOffline({ bytes: Buffer.from(JSON.stringify({ ...bundle, statusLists })) })
      return outcome.checks.revocation.status
    }
    assert.equal(await statusOf(2 ** 21), 'pass')
    assert.equal(await statusOf(2 ** 21 + 1), 'unknown')
  })

  it('reads contexts that issuers registered elsewhere from its caller, for their own credentials alone', async () => {
    const { proof: _, ...document } = (await sign('eddsa-rdfc-2022')) as JsonObject
    const own = { ...document, '@context': [...(document['@context'] as string[]), url] }
    const suite = issuers.deps.suites.find(({ name }) => name === 'eddsa-rdfc-2022') as Suite
    const known = new Map(schema.contexts.map((context) => [context.url, context.document]))
    const documentLoader = createDocumentLoader({
      extra: async (asked) => (asked === url ? terms : known.get(asked)),
    })
    const key = issuer.key('Ed25519')
    const credential = await suite.secure(own, { key, created: new Date(), documentLoader })
    const proofOf = async (contexts: { issuer: string; url: string; document: JsonObject }[]) => {
      const aware = await createVerifier({ rpcUrl: chain.rpcUrl, registries: chain.registries, contexts })
      const { checks } = await aware.verifyCredential({ credential })
      const bytes = await bundleOf(aware, credential)
      await aware.close()
      assert.equal((await verifyOffline({ bytes })).checks.proof.status, checks.proof.status)
      return checks.proof.status
    }
    assert.equal(await proofOf([{ issuer: issuer.did, url, document: terms }]), 'pass')
    assert.notEqual(await proofOf([]), 'pass')
    assert.notEqual(await proofOf([{ issuer: 'did:key:z6Mk', url, document: terms }]), 'pass')
  })

  it('names what is wrong with its chain', async () => {
    const nowhere = { rpcUrl: 'http://127.0.0.1:1', registries: chain.registries, requestTimeout: 500 }
    await assert.rejects(createVerifier(nowhere), { code: 'CHAIN_UNREACHABLE' })
    const other = { rpcUrl: chain.rpcUrl, registries: chain.registries, chainId: 1 }
    await assert.rejects(createVerifier(other), { code: 'CHAIN_MISMATCH' })
  })
})
