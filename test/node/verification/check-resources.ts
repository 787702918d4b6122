import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { base58 } from '@scure/base'
import { readFacts } from '../../../node/formats/credential-facts.ts'
import type { Json, JsonObject } from '../../../node/json.ts'
import { jcsBytes } from '../../../node/schemas/digest.ts'
import { bundledContexts, contextDigest } from '../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { checkResources } from '../../../node/verification/check-resources.ts'

const context = { '@context': { term: 'https://example.org/term' } }
const id = `https://example.org/contexts/${contextDigest(context)}.jsonld`
const load = createDocumentLoader({ extra: async (url) => (url === id ? context : undefined) })

const sri = (hash: string, bytes: Uint8Array) => `${hash}-${createHash(hash).update(bytes).digest('base64')}`
const multihash = (prefix: string, hash: string, bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(prefix, 'hex'), createHash(hash).update(bytes).digest()])
const bytes = jcsBytes(context)
const other = Buffer.from('other')

describe('checkResources', () => {
  const check = async (relatedResource: Json) => {
    const document: JsonObject = {
      '@context': 'https://www.w3.org/ns/credentials/v2',
      type: 'VerifiableCredential',
      issuer: 'did:example:issuer',
      credentialSubject: { id: 'did:example:subject' },
      relatedResource,
    }
    const opened = { document, facts: readFacts(document), secured: document }
    return (await checkResources(opened, load))?.status
  }

  it('passes for the digest of what is here, in each way to write it', async () => {
    for (const digest of [
      { digestSRI: sri('sha256', bytes) },
      { digestSRI: sri('sha384', bytes) },
      { digestSRI: `${sri('sha256', other)} ${sri('sha512', bytes)} ${sri('sha512', other)}` },
      { digestMultibase: `z${base58.encode(multihash('1220', 'sha256', bytes))}` },
      { digestMultibase: `u${multihash('2030', 'sha384', bytes).toString('base64url')}` },
      {
        digestSRI: sri('sha256', bytes),
        digestMultibase: `u${multihash('1340', 'sha512', bytes).toString('base64url')}`,
      },
    ]) {
      assert.equal(await check({ id, ...digest }), 'pass', JSON.stringify(digest))
    }
  })

  it('knows the digests of contexts that a specification publishes', async () => {
    const id = 'https://www.w3.org/ns/credentials/v2'
    // Verifiable Credentials Data Model 2.0, B.1; in multibase as in the example of 5.3
    const digest = '59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734'
    const digestSRI = `sha256-${Buffer.from(digest, 'hex').toString('base64')}`
    assert.equal(await check({ id, digestSRI }), 'pass')
    const digestMultibase = 'uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA'
    assert.equal(await check({ id, digestSRI, digestMultibase }), 'pass')
    // its published SHA-256 is known: another one is wrong, beside a right one, too; of others nothing is known
    assert.equal(await check({ id, digestSRI: sri('sha256', other) }), 'fail')
    const otherMultibase = `u${multihash('1220', 'sha256', other).toString('base64url')}`
    assert.equal(await check({ id, digestSRI, digestMultibase: otherMultibase }), 'fail')
    assert.equal(await check({ id, digestSRI: sri('sha384', other) }), 'unknown')
    assert.equal(await check({ id: 'https://www.w3.org/2018/credentials/v1', digestSRI }), 'unknown')
  })

  it('fails for another digest, and for what is no digest', async () => {
    for (const digest of [
      { digestSRI: sri('sha256', other) },
      { digestSRI: `${sri('sha256', bytes)} ${sri('sha512', other)}` },
      {
        digestSRI: sri('sha256', bytes),
        digestMultibase: `u${multihash('1220', 'sha256', other).toString('base64url')}`,
      },
      { digestSRI: 'md5-47DEQpj8HBSa' },
      { digestSRI: '' },
      { digestMultibase: 'x' },
      { digestMultibase: `u${multihash('1220', 'sha256', bytes).subarray(0, 30).toString('base64url')}` },
    ]) {
      assert.equal(await check({ id, ...digest }), 'fail', JSON.stringify(digest))
    }
    const good = { id, digestSRI: sri('sha256', bytes) }
    const bad = { id: 'https://example.org/x', digestSRI: 'none' }
    assert.equal(await check([good, bad]), 'fail')
  })

  it('cannot tell what would have to be fetched', async () => {
    const good = { id, digestSRI: sri('sha256', bytes) }
    assert.equal(
      await check([good, { id: 'https://example.org/x', digestSRI: sri('sha256', bytes) }]),
      'unknown',
    )
  })

  it('knows what bundled contexts mean, not the bytes in which others publish them', async () => {
    const v2 = 'https://www.w3.org/ns/credentials/v2'
    const written = Buffer.from(`${JSON.stringify(bundledContexts.get(v2), null, 2)}\n`)
    assert.equal(await check({ id: v2, digestSRI: sri('sha256', written) }), 'pass')
    const v1 = 'https://www.w3.org/2018/credentials/v1'
    assert.equal(await check({ id: v1, digestSRI: sri('sha256', other) }), 'unknown')
  })
})
