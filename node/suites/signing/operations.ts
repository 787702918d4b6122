import { hash, type KeyObject } from 'node:crypto'
import { type CanonicalHalves, joinHalves } from '../../canonical-form.ts'
import type { MessageKeyType } from '../../keys/key-store.ts'
import { signMessage } from '../../keys/sign-message.ts'
import { base58 } from '../base58.ts'

/**
 * Many texts, as they cross the border of a thread: bytes that are moved, since strings would be copied, and live on as
 * garbage of both threads.
 */
export interface Texts {
  /** In UTF-8, one after the other. */
  bytes: Uint8Array
  /** The places after the last bytes of each. */
  ends: readonly number[]
}

/** What became of them, in their order. */
export interface SignedMany extends Texts {
  /** SHA-256 of each, hex. */
  digests: readonly string[]
}

interface Signing {
  key: KeyObject
  type: MessageKeyType
}

/** A proof that is not signed yet, apart at the place of its `proofValue`. */
export interface UnsignedProof {
  halves: CanonicalHalves
  hash: Uint8Array
}

/** Documents in canonical form (RFC 8785), signed with embedded proofs. */
interface JcsInput extends Signing {
  documents: Texts
  /** Of `node:crypto`, with which documents are covered. */
  algorithm: string
  proofs: readonly UnsignedProof[]
  /** Of each document, in turn: the length of what comes before its proof, and which proof it gets. */
  places: readonly number[]
}

/** Payloads of compact JWS (RFC 7515, 7.1). */
interface JwsInput extends Signing {
  payloads: Texts
  /** The protected header as it stands in each. */
  header: string
}

/** What a signature, and the signs around it, take at the most: that of P-384 in base58. */
const SIGNATURE_ROOM = 192

/** Signed texts as they are made: a string of each would have to be moved by garbage collection, and copied out. */
class Output {
  readonly #buffer: Buffer<ArrayBuffer>
  readonly #ends: number[] = []
  readonly #digests: string[] = []
  #end = 0

  /** `room`: the most that they can take together. */
  constructor(room: number) {
    this.#buffer = Buffer.from(new ArrayBuffer(room))
  }

  write(text: string): void {
    this.#end += this.#buffer.write(text, this.#end)
  }

  copy(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** What has been written of the present text. */
  get written(): Buffer {
    return this.#buffer.subarray(this.#ends.at(-1) ?? 0, this.#end)
  }

  close(): void {
    this.#digests.push(hash('sha256', this.written))
    this.#ends.push(this.#end)
  }

  get signed(): SignedMany {
    const bytes = new Uint8Array(this.#buffer.buffer.transfer(this.#end))
    return { bytes, ends: this.#ends, digests: this.#digests }
  }
}

function* each({ bytes, ends }: Texts): Generator<Buffer> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let start = 0
  for (const end of ends) {
    yield all.subarray(start, end)
    start = end
  }
}

const CLOSING_BRACE = '}'.charCodeAt(0)

/**
 * Signs the hashes of a proof and of its document (Data Integrity EdDSA and ECDSA Cryptosuites 1.0, 3.3.1 each), and puts
 * the proof in its place: the text stays in canonical form.
 */
function jcs({ key, type, documents, algorithm, proofs, places }: JcsInput): SignedMany {
  const proofRoom = Math.max(0, ...proofs.map(({ halves }) => Buffer.byteLength(joinHalves(halves))))
  const output = new Output(documents.bytes.length + documents.ends.length * (proofRoom + SIGNATURE_ROOM))
  let turn = 0
  for (const document of each(documents)) {
    const [before, which] = [places[turn++], places[turn++]] as [number, number]
    const { halves, hash: proofHash } = proofs[which] as UnsignedProof
    const covered = hash(algorithm, document, 'buffer')
    const proofValue = `"z${base58(signMessage(type, key, Buffer.concat([proofHash, covered])))}"`
    const proof = `"proof":${joinHalves(halves, proofValue)}`
    const rest = document.subarray(before)
    output.copy(document.subarray(0, before))
    // what is before it ends with a member or begins the object, what comes after it begins with a comma or ends it
    output.write(before > 1 ? `,${proof}` : rest[0] === CLOSING_BRACE ? proof : `${proof},`)
    output.copy(rest)
    output.close()
  }
  return output.signed
}

function jws({ key, type, payloads, header }: JwsInput): SignedMany {
  const room = Math.ceil((payloads.bytes.length * 4) / 3)
  const output = new Output(room + payloads.ends.length * (header.length + SIGNATURE_ROOM))
  for (const payload of each(payloads)) {
    output.write(`${header}.${payload.toString('base64url')}`)
    output.write(`.${signMessage(type, key, output.written).toString('base64url')}`)
    output.close()
  }
  return output.signed
}

/** What threads sign: it takes nothing but bytes and a key. */
export const operations = { jcs, jws }
