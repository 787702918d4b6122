import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { bodyOf, type NodeClient } from '../node-client.ts'
import type { LedgerOfStranger, StatusEntry } from './ledger.ts'

/** What the story stands on. */
export interface StoryDeps {
  node: NodeClient
  ledger: LedgerOfStranger
}

/** An issued credential with where its status stands. */
export interface Issued {
  credential: Record<string, unknown> & { credentialStatus: { statusListCredential: string } }
  credentialId: string
  entry: StatusEntry
}

export interface Terms {
  issuerDid: string
  schemaId: string
}

type Checks = Record<string, { status: string; reason?: string }>

/** Gas that the registration of one batch may use, whatever its size. */
const gasLimit = 42_000
const batchSize = 1_000
const proofType = 'Ed25519Signature2020'
const claims = (graduationYear: number) => ({
  degree: {
    type: 'BachelorDegree',
    name: 'Bachelor of Science',
    university: 'Demo University',
    graduationYear,
  },
})
const inAYear = () => new Date(Date.now() + 31_536_000_000).toISOString()

export async function createIssuer({ node, ledger }: StoryDeps) {
  const body = { method: 'ethr', keys: ['Ed25519'], name: 'Demo University' }
  const { did, transactionHash } = bodyOf(await node.post('/dids', body), 201)
  const { didDocument } = await ledger.resolve(did)
  const key = didDocument?.verificationMethod?.find(({ type }) => type === 'Multikey')
  assert.ok(key && didDocument?.assertionMethod?.includes(key.id), 'the resolver finds no assertion key')
  return {
    did: did as string,
    transactionHash,
    key: `${key.id.split('#')[1]} ${key.type} z${key.publicKeyBase58}`,
  }
}

export async function createHolder({ node }: StoryDeps): Promise<string> {
  return bodyOf(await node.post('/dids', { method: 'key', keys: ['Ed25519'] }), 201).did
}

export async function registerSchema({ node }: StoryDeps, issuerDid: string) {
  const text = { type: 'string', minLength: 1 }
  const jsonSchema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      degree: {
        type: 'object',
        properties: { type: text, name: text, university: text, graduationYear: { type: 'integer' } },
        required: ['type', 'name', 'university'],
        additionalProperties: false,
      },
    },
    required: ['degree'],
    additionalProperties: false,
  }
  const body = { name: 'degree', version: '1.0', issuerDid, type: 'UniversityDegreeCredential', jsonSchema }
  const { schemaId, digest, transactionHash } = bodyOf(await node.post('/schemas', body), 201)
  return { schemaId: schemaId as string, digest, transactionHash }
}

export async function issueOne({ node }: StoryDeps, terms: Terms & { holderDid: string }) {
  const body = { ...terms, claims: claims(2025), expirationDate: inAYear(), proofType, revocable: true }
  const answer = bodyOf(await node.post('/credentials/issue', body), 201)
  assert.match(answer.transactionHash, /^0x[0-9a-f]{64}$/)
  const { credential, credentialId, statusListId, statusListIndex: index, transactionHash } = answer
  const issued: Issued = { credential, credentialId, entry: { statusListId, index } }
  return { issued, transactionHash }
}

export async function issueBatch({ node, ledger }: StoryDeps, terms: Terms & { holderDid: string }) {
  const { holderDid, ...common } = terms
  const credentials = Array.from({ length: batchSize }, (_, i) => ({
    holderDid,
    claims: claims(1990 + (i % 36)),
  }))
  const started = performance.now()
  const body = { ...common, proofType, expirationDate: inAYear(), credentials }
  const answer = bodyOf(await node.post('/credentials/issue/batch', body), 200)
  const seconds = (performance.now() - started) / 1000
  const { issued, failed, transactionHash, results } = answer
  assert.deepEqual({ issued, failed }, { issued: batchSize, failed: 0 })
  const gas = await ledger.gasOf(transactionHash)
  assert.ok(gas <= gasLimit, `${gas} gas, more than ${gasLimit}`)
  const indices = new Set(results.map((row: { statusListIndex: number }) => row.statusListIndex))
  assert.equal(indices.size, batchSize, 'a status index was handed out twice')
  const { credentialId, statusListId, statusListIndex: index } = results[0]
  const { credential } = bodyOf(await node.get(`/credentials/${encodeURIComponent(credentialId)}`), 200)
  const first: Issued = { credential, credentialId, entry: { statusListId, index } }
  return { issued, failed, transactionHash, gas, seconds, first }
}

/** Verifies; `failing` names the one check that must fail, all others must pass. */
export async function verify({ node }: StoryDeps, { credential }: Issued, failing?: string) {
  const { verified, checks } = bodyOf(await node.post('/credentials/verify', { credential }), 200)
  const verdicts = Object.entries(checks as Checks)
  assert.equal(verified, failing === undefined)
  for (const [name, { status, reason }] of verdicts) {
    assert.equal(status, name === failing ? 'fail' : 'pass', `${name}: ${reason}`)
  }
  const reason = failing === undefined ? undefined : (checks as Checks)[failing]?.reason
  return { verified, verdicts: verdicts.map(([name, { status }]) => `${name} ${status}`).join(', '), reason }
}

/** Changes one claim; the signature must be what notices. */
export async function verifyTampered({ node }: StoryDeps, { credential }: Issued) {
  const tampered = structuredClone<object>(credential) as { credentialSubject: { degree: { name: string } } }
  tampered.credentialSubject.degree.name = 'Doctor of Everything'
  const { verified, checks } = bodyOf(await node.post('/credentials/verify', { credential: tampered }), 200)
  assert.deepEqual([verified, checks.proof.status], [false, 'fail'])
  return checks.proof.reason as string
}

export async function checkRegistration({ node, ledger }: StoryDeps, issued: Issued) {
  const path = `/credentials/${encodeURIComponent(issued.credentialId)}/registration`
  const kept = bodyOf(await node.get(path), 200)
  const { leaf, root, registered } = await ledger.checkRegistration(issued.credential, issued.entry, kept)
  assert.equal(leaf, kept.leaf)
  assert.equal(root, kept.root)
  assert.ok(registered, 'the transaction has no such root')
  return { leaf, root, steps: kept.proof.length as number, blockNumber: kept.blockNumber as number }
}

export async function revoke({ node }: StoryDeps, { credentialId }: Issued) {
  const body = { credentialId, reason: 'Degree rescinded' }
  const { status, transactionHash } = bodyOf(await node.post('/credentials/revoke', body), 200)
  assert.equal(status, 'revoked')
  const again = await node.post('/credentials/revoke', body)
  assert.deepEqual([again.status, again.body.code], [409, 'ALREADY_REVOKED'])
  return { transactionHash, again: again.body.code as string }
}

export async function readStatus({ ledger }: StoryDeps, { entry }: Issued) {
  const { statusOf, bit, word } = await ledger.status(entry)
  assert.deepEqual({ statusOf, bit }, { statusOf: true, bit: true })
  return { statusOf, bit, word: entry.index >> 8, value: word }
}

export async function readStatusList({ node }: StoryDeps, { credential, entry }: Issued) {
  const list = bodyOf(await node.get(credential.credentialStatus.statusListCredential), 200)
  const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), 'base64url'))
  const isSet = ((bits[entry.index >> 3] as number) >> (7 - (entry.index & 7))) & 1
  const ones = bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  assert.deepEqual({ isSet, ones }, { isSet: 1, ones: 1 })
  const { checks } = bodyOf(await node.post('/credentials/verify', { credential: list }), 200)
  assert.equal(checks.proof.status, 'pass', checks.proof.reason)
  return { url: list.id as string, type: list.type.at(-1) as string, entries: bits.length * 8, ones }
}

export async function offer({ node }: StoryDeps, { credentialId }: Issued) {
  const path = `/credentials/${encodeURIComponent(credentialId)}/offers`
  const { url, expiresAt, qrCode } = bodyOf(await node.post(path, { expiresInSeconds: 600 }), 201)
  assert.match(qrCode.svg, /<svg/)
  const first = bodyOf(await node.get(url), 200)
  assert.equal(first.credentialId, credentialId)
  const second = await node.get(url)
  assert.deepEqual([second.status, second.body.code], [404, 'OFFER_NOT_FOUND'])
  return { expiresAt, second: `${second.status} ${second.body.code}` }
}
