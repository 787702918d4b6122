import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { StreamedBody } from '../access/idempotency.ts'
import { IssuerError } from '../errors.ts'

/** What is known of a body: its SHA-256, over so many bytes, which are all of it or what was read of it. */
interface Known {
  bytes: number
  whole: boolean
  sha256: string
}

/** A body that is hashed while it is read; files of another media type are other ones. */
export function streamedBody(body: Readable, mediaType: string): StreamedBody & { body: Readable } {
  const hash = createHash('sha256').update(`${mediaType}\n`)
  let state: 'read' | 'whole' | 'broken' = 'read'
  let bytes = 0
  let repeated: string | undefined
  async function* hashed(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of bodyPieces(body)) {
        hash.update(piece)
        bytes += piece.length
        yield piece
      }
      state = 'whole'
    } catch (error) {
      state = 'broken'
      throw error
    }
  }
  return {
    body: Readable.from(hashed(), { objectMode: false }),
    digest() {
      if (repeated !== undefined || state === 'broken') return repeated
      const known: Known = { bytes, whole: state === 'whole', sha256: hash.copy().digest('hex') }
      return JSON.stringify(known)
    },
    async repeats(digest) {
      const known: Known = JSON.parse(digest)
      if (!(await beginsAs(body, mediaType, known))) return false
      repeated = digest
      return true
    },
  }
}

/** Reads no more than what it is compared with, keeps nothing, and takes no longer than an upload may. */
async function beginsAs(body: Readable, mediaType: string, known: Known): Promise<boolean> {
  const hash = createHash('sha256').update(`${mediaType}\n`)
  let left = known.bytes
  if (left > 0 || known.whole) {
    for await (const piece of bodyPieces(body)) {
      if (known.whole && piece.length > left) return false
      hash.update(piece.subarray(0, left))
      left -= Math.min(left, piece.length)
      if (left === 0 && !known.whole) break
    }
  }
  return left === 0 && hash.digest('hex') === known.sha256
}

/** A body as it arrives. @throws MALFORMED_REQUEST when it ends too early */
export async function* bodyPieces(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    // an answer before the end of the body needs the connection
    yield* body.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The body ended too early.', cause })
  }
}
