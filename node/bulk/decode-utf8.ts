import { IssuerError } from '../errors.ts'

/**
 * The text of an upload, piece by piece, without a byte order mark.
 * @throws MALFORMED_REQUEST when it is no UTF-8, PAYLOAD_TOO_LARGE when it is longer than the limit
 */
export async function* decodeUtf8(
  bytes: AsyncIterable<Uint8Array>,
  { limit }: { limit: number },
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let size = 0
  for await (const piece of bytes) {
    size += piece.length
    if (size > limit) throw tooLarge(limit)
    yield decode(() => decoder.decode(piece, { stream: true }))
  }
  yield decode(() => decoder.decode())
}

function decode(act: () => string): string {
  try {
    return act()
  } catch (cause) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The body is not valid UTF-8.', cause })
  }
}

function tooLarge(limit: number): IssuerError {
  return new IssuerError('PAYLOAD_TOO_LARGE', { detail: `The body is longer than ${limit} bytes.` })
}
