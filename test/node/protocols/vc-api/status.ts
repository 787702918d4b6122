import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import type { JsonObject } from '../../../../node/json.ts'
import type { TestNode } from '../../../node.ts'
import {
  callVcApi,
  credential,
  issue,
  makeDid,
  openToSuites,
  refusesToIssue,
  refusesToVerify,
  verifies,
} from './vc-api-node.ts'

// What https://github.com/w3c/vc-bitstring-status-list-test-suite sends and expects.

describe('status by the VC API', () => {
  let node: TestNode
  let issuer: string
  const statusPurpose = 'revocation'
  const change = (credentialId: string, purpose: string, status?: boolean) =>
    callVcApi(node, 'POST', '/credentials/status', {
      credentialId,
      credentialStatus: { type: 'BitstringStatusListEntry', statusPurpose: purpose },
      ...(status !== undefined && { status }),
    })
  const document = () => credential({ issuer, id: `urn:uuid:${crypto.randomUUID()}` })

  before(async () => {
    node = await openToSuites()
    issuer = await makeDid(node, 'ethr', ['Ed25519', 'P-256'])
  })
  after(() => node?.close())

  /** The bit of an entry in the published list (most significant bit first). */
  async function bitOf(entry: JsonObject): Promise<boolean> {
    const response = await fetch(entry.statusListCredential as string)
    const list = (await response.json()) as JsonObject
    assert.ok((list.type as string[]).includes('BitstringStatusListCredential'))
    const subject = list.credentialSubject as JsonObject
    assert.equal(subject.type, 'BitstringStatusList')
    await verifies(node, list)
    const encoded = String(subject.encodedList)
    assert.equal(encoded[0], 'u')
    const bits = gunzipSync(Buffer.from(encoded.slice(1), 'base64url'))
    assert.ok(bits.length >= 16_384)
    const index = Number(entry.statusListIndex)
    return ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0
  }

  it('gives a credential an entry when asked, and registers it', async () => {
    const asked = document()
    const secured = await issue(node, asked, { statusPurpose })
    const entry = secured.credentialStatus as JsonObject
    assert.equal(entry.type, 'BitstringStatusListEntry')
    assert.equal(entry.statusPurpose, 'revocation')
    assert.match(String(entry.statusListIndex), /^\d+$/)
    assert.notEqual(entry.id, entry.statusListCredential)
    assert.equal(await bitOf(entry), false)
    await verifies(node, secured)
    const record = await node.call('GET', `/api/v1/credentials/${encodeURIComponent(asked.id as string)}`)
    assert.equal(record.body.registration, 'registered')
  })

  it('revokes, for ever', async () => {
    const asked = document()
    const secured = await issue(node, asked, { credentialStatus: { statusPurpose } })
    assert.equal((await change(asked.id as string, 'revocation')).status, 200)
    assert.equal((await change(asked.id as string, 'revocation', true)).status, 200)
    assert.equal(await bitOf(secured.credentialStatus as JsonObject), true)
    const { body } = await refusesToVerify(node, secured)
    assert.equal(
      body.problemDetails[0].type,
      'https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR',
    )
    assert.equal((await change(asked.id as string, 'revocation', false)).body.code, 'ALREADY_REVOKED')
    assert.equal((await change('urn:uuid:unknown', 'revocation')).status, 404)
  })

  it('suspends and reinstates', async () => {
    const asked = document()
    const secured = await issue(node, asked, { statusPurpose: ['revocation', 'suspension'] })
    assert.equal((secured.credentialStatus as unknown[]).length, 2)
    assert.equal((await change(asked.id as string, 'suspension')).status, 200)
    await refusesToVerify(node, secured)
    assert.equal((await change(asked.id as string, 'suspension', false)).status, 200)
    await verifies(node, secured)
  })

  it('refuses an id that it has issued before, where one of the two could be revoked by it', async () => {
    const asked = document()
    await issue(node, asked)
    await issue(node, asked)
    const again = await callVcApi(node, 'POST', '/credentials/issue', {
      credential: asked,
      options: { statusPurpose },
    })
    assert.deepEqual([again.status, again.body.code], [409, 'CREDENTIAL_ALREADY_EXISTS'])
  })

  it('issues one of many under an id that are asked for at the same time', async () => {
    // all of them wait for its first status lists
    const fresh = await makeDid(node, 'ethr', ['Ed25519'])
    const asked: JsonObject = { ...document(), issuer: fresh }
    const options = { statusPurpose }
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        callVcApi(node, 'POST', '/credentials/issue', { credential: asked, options }),
      ),
    )
    const [issued, ...others] = answers.sort((one, another) => one.status - another.status)
    assert.ok([201, 202].includes(issued?.status ?? 0), JSON.stringify(issued?.body))
    for (const { status, body } of others)
      assert.deepEqual([status, body.code], [409, 'CREDENTIAL_ALREADY_EXISTS'])
    const path = `/credentials/${encodeURIComponent(asked.id as string)}`
    const { verifiableCredential } = (await callVcApi(node, 'GET', path)).body
    assert.deepEqual(verifiableCredential, issued?.body.verifiableCredential)
    const { items } = (await node.call('GET', `/api/v1/credentials?issuerDid=${fresh}`)).body
    const ids = (items as { credentialId: string }[]).map(({ credentialId }) => credentialId)
    assert.equal(ids.filter((id) => id === asked.id).length, 1)
    assert.equal((await change(asked.id as string, 'revocation')).status, 200)
    await refusesToVerify(node, verifiableCredential)
  })

  it('issues versions of a credential that are asked for at the same time', async () => {
    // BBS signs in threads, so that all of them are on their way before the first is recorded
    const asked: JsonObject = { ...document(), issuer: await makeDid(node, 'key', ['Bls12381G2']) }
    const issued = await Promise.all(
      Array.from({ length: 6 }, () => issue(node, asked, { cryptosuite: 'bbs-2023' })),
    )
    assert.ok(issued.every(({ id }) => id === asked.id))
  })

  it('gives and forgets what it issued, and still revokes it', async () => {
    const asked = document()
    const secured = await issue(node, asked, { statusPurpose })
    const path = `/credentials/${encodeURIComponent(asked.id as string)}`
    assert.deepEqual((await callVcApi(node, 'GET', path)).body.verifiableCredential, secured)
    assert.equal((await callVcApi(node, 'DELETE', path)).status, 202)
    assert.deepEqual((await callVcApi(node, 'GET', path)).body.code, 'CREDENTIAL_DELETED')
    assert.equal((await callVcApi(node, 'DELETE', path)).status, 410)
    assert.equal((await change(asked.id as string, 'revocation')).status, 200)
    await refusesToVerify(node, secured)
    assert.equal((await callVcApi(node, 'GET', '/credentials/urn:uuid:unknown')).status, 404)
  })

  it('names a credential without an id', async () => {
    const credentialId = 'https://coordinator.example/credentials/7'
    await issue(node, credential({ issuer }), { credentialId, statusPurpose })
    assert.equal((await change(credentialId, 'revocation')).status, 200)
  })

  it('is not for issuers without ledger', async () => {
    const other = await makeDid(node, 'key', ['Ed25519'])
    const { body } = await refusesToIssue(node, credential({ issuer: other }), { statusPurpose })
    assert.equal(body.code, 'STATUS_UNAVAILABLE')
  })
})
