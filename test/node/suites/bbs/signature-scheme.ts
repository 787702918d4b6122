import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import * as library from '@digitalbazaar/bbs-signatures'
import fc from 'fast-check'
import {
  type Ciphersuite,
  messagesToScalars,
  sha256Ciphersuite,
  shake256Ciphersuite,
} from '../../../../node/suites/bbs/ciphersuite.ts'
import { generatorOctets, maxMessages } from '../../../../node/suites/bbs/generators.ts'
import { Fr, toInteger, toOctets } from '../../../../node/suites/bbs/octets.ts'
import { proofGen, proofVerify } from '../../../../node/suites/bbs/proof.ts'
import { sign, verify } from '../../../../node/suites/bbs/signature.ts'
import { mockedScalars } from './mocked-scalars.ts'

interface SignatureVector {
  name: string
  header: string
  count: number
  signature: string
}

interface Vectors {
  privateKey: string
  publicKey: string
  wrongPublicKey?: string
  messages: string[]
  messageScalars: string[]
  generators?: string[]
  mockedScalarsSeed: string
  signatures: SignatureVector[]
  proofs: (SignatureVector & { presentationHeader: string; indexes: number[]; proof: string })[]
}

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
const octets = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

const suites: readonly [string, Ciphersuite][] = [
  ['BLS12-381-SHA-256', sha256Ciphersuite],
  ['BLS12-381-SHAKE-256', shake256Ciphersuite],
]

for (const [name, suite] of suites) {
  describe(`BBS signatures, ${name}`, () => {
    const file = new URL(`../../../vectors/bbs-signatures/${name.toLowerCase()}.json`, import.meta.url)
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors
    const key = { privateKey: octets(vectors.privateKey), publicKey: octets(vectors.publicKey) }
    const { publicKey } = key
    const messages = vectors.messages.map(octets)

    it('makes the scalars and generators of the draft', () => {
      const scalars = messagesToScalars(suite, messages).map((scalar) => hex(toOctets(scalar, 32)))
      assert.deepEqual(scalars.slice(0, vectors.messageScalars.length), vectors.messageScalars)
      const generators = vectors.generators ?? []
      assert.deepEqual(generatorOctets(suite, generators.length).map(hex), generators)
    })

    for (const { name: kind, header, count, signature } of vectors.signatures) {
      it(`makes and verifies the signature of the draft: ${kind}`, () => {
        const signed = { header: octets(header), messages: messages.slice(0, count) }
        assert.equal(hex(sign(suite, key, signed)), signature)
        assert.ok(verify(suite, { publicKey, signature: octets(signature), ...signed }))
      })
    }

    for (const vector of vectors.proofs) {
      it(`makes and verifies the proof of the draft: ${vector.name}`, () => {
        const common = {
          publicKey,
          header: octets(vector.header),
          presentationHeader: octets(vector.presentationHeader),
          indexes: vector.indexes,
        }
        const all = messages.slice(0, vector.count)
        const proof = proofGen(
          suite,
          { ...common, signature: octets(vector.signature), messages: all },
          mockedScalars(suite, octets(vectors.mockedScalarsSeed)),
        )
        assert.equal(hex(proof), vector.proof)
        const disclosed = vector.indexes.map((index) => all[index] as Uint8Array)
        assert.ok(proofVerify(suite, { ...common, proof, messages: disclosed }))
      })
    }
  })
}

describe('BBS signatures', () => {
  const suite = sha256Ciphersuite
  const file = new URL('../../../vectors/bbs-signatures/bls12-381-sha-256.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors
  const key = { privateKey: octets(vectors.privateKey), publicKey: octets(vectors.publicKey) }
  const { publicKey } = key
  const header = octets('0102')
  const presentationHeader = octets('03')
  const messages = vectors.messages.map(octets)
  const signature = sign(suite, key, { header, messages })
  const indexes = [1, 4, 9]
  const disclosed = indexes.map((index) => messages[index] as Uint8Array)
  const common = { publicKey, header, presentationHeader, indexes }
  const proof = proofGen(suite, { ...common, signature, messages })
  const holds = (changed: object) => proofVerify(suite, { ...common, proof, messages: disclosed, ...changed })

  it('refuses a signature over anything else', () => {
    const signed = { publicKey, signature, header, messages }
    assert.ok(verify(suite, signed))
    const [first, second, ...others] = messages as [Uint8Array, Uint8Array, ...Uint8Array[]]
    for (const changed of [
      { messages: [second, first, ...others] },
      { messages: messages.slice(1) },
      { messages: [...messages, octets('')] },
      { messages: [octets('00'), second, ...others] },
      { header: octets('') },
      { publicKey: octets(vectors.wrongPublicKey as string) },
      { signature: signature.subarray(1) },
      { signature: octets('') },
    ]) {
      assert.equal(verify(suite, { ...signed, ...changed }), false)
    }
  })

  it('refuses a proof of anything else', () => {
    assert.ok(holds({}))
    const [first, second, third] = disclosed as [Uint8Array, Uint8Array, Uint8Array]
    for (const changed of [
      { header: octets('') },
      { presentationHeader: octets('04') },
      { publicKey: octets(vectors.wrongPublicKey as string) },
      { publicKey: octets(`c0${'00'.repeat(95)}`) },
      { messages: [second, first, third] },
      { messages: [first, second] },
      { messages: [first, second], indexes: [1, 4] },
      { indexes: [1, 4, 8] },
      { indexes: [4, 1, 9] },
      { indexes: [1, 1, 9] },
      { indexes: [1, 4, 10] },
      { indexes: [-1, 4, 9] },
      { indexes: [1.5, 4, 9] },
      { proof: octets('') },
      { proof: proof.subarray(0, -32) },
      { proof: Buffer.concat([proof, toOctets(1n, 32)]) },
      { proof: Buffer.alloc(272 + 32 * maxMessages) },
    ]) {
      assert.equal(holds(changed), false, JSON.stringify(Object.keys(changed)))
    }
  })

  it('refuses a proof with any octet changed, a zero or too large scalar, or the identity as a point', () => {
    const put = (at: number, value: Uint8Array) => {
      const copy = Uint8Array.from(proof)
      copy.set(value, at)
      return copy
    }
    for (let at = 0; at < proof.length; at += 23) {
      assert.equal(holds({ proof: put(at, Uint8Array.of((proof[at] as number) ^ 1)) }), false)
    }
    const challenge = proof.length - 32
    for (const at of [144, 176, 208, 240, challenge]) {
      assert.equal(holds({ proof: put(at, new Uint8Array(32)) }), false)
      // The same residue: a proof has one form.
      const above = toInteger(proof.subarray(at, at + 32)) + Fr.ORDER
      if (above < 1n << 256n) assert.equal(holds({ proof: put(at, toOctets(above, 32)) }), false)
    }
    for (const at of [0, 48, 96]) {
      assert.equal(holds({ proof: put(at, octets(`c0${'00'.repeat(47)}`)) }), false)
    }
  })

  it('makes proofs that have no octets in common', () => {
    const other = proofGen(suite, { ...common, signature, messages })
    assert.ok(holds({ proof: other }))
    for (let at = 0; at < 144; at += 48) {
      assert.notEqual(hex(proof.subarray(at, at + 48)), hex(other.subarray(at, at + 48)))
    }
    for (let at = 144; at < proof.length; at += 32) {
      assert.notEqual(hex(proof.subarray(at, at + 32)), hex(other.subarray(at, at + 32)))
    }
  })

  it('bounds the number of messages', () => {
    const many = Array.from({ length: maxMessages + 1 }, () => octets(''))
    assert.throws(() => sign(suite, key, { header, messages: many }), RangeError)
    assert.throws(() => verify(suite, { publicKey, signature, header, messages: many }), RangeError)
  })

  it("signs as Digital Bazaar's library does, and each accepts the other's proofs", async () => {
    const ciphersuite = library.CIPHERSUITES.BLS12381_SHA256
    const octetStrings = fc.uint8Array({ maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          header: octetStrings,
          presentationHeader: octetStrings,
          messages: fc.array(octetStrings, { maxLength: 12 }),
          choice: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        }),
        async ({ messages: all, choice, ...headers }) => {
          const chosen = [...all.keys()].filter((index) => choice[index])
          const shown = chosen.map((index) => all[index] as Uint8Array)
          const made = sign(suite, key, { header: headers.header, messages: all })
          const theirs = await library.sign({
            ...{ secretKey: key.privateKey, publicKey, ciphersuite },
            ...{ header: headers.header, messages: all },
          })
          assert.equal(hex(made), hex(theirs))
          const theirProof = await library.deriveProof({
            ...{ publicKey, ciphersuite, ...headers, messages: all },
            ...{ signature: Uint8Array.from(made), disclosedMessageIndexes: chosen },
          })
          const ours = { publicKey, ...headers, indexes: chosen }
          assert.ok(proofVerify(suite, { ...ours, proof: theirProof, messages: shown }))
          const ourProof = proofGen(suite, { ...ours, signature: made, messages: all })
          const accepted = await library.verifyProof({
            ...{ publicKey, ciphersuite, ...headers, proof: Uint8Array.from(ourProof) },
            ...{ disclosedMessages: shown, disclosedMessageIndexes: chosen },
          })
          assert.ok(accepted)
        },
      ),
      { numRuns: 8 },
    )
  }).timeout(60_000)
})
