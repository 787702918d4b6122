import { IssuerError } from '../errors.ts'

/**
 * The lines of an NDJSON file; empty ones are passed over.
 * @throws MALFORMED_REQUEST with the number of a line that is too long
 */
export async function* ndjsonLines(
  text: AsyncIterable<string>,
  { rowBytes }: { rowBytes: number },
): AsyncGenerator<string> {
  let rest = ''
  let number = 0
  const checked = (line: string) => {
    number++
    if (line.length <= rowBytes / 3 || Buffer.byteLength(line) <= rowBytes) return line.trim()
    throw tooLong(number, rowBytes)
  }
  for await (const piece of text) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const row = checked(line)
      if (row) yield row
    }
    if (rest.length > rowBytes) throw tooLong(number + 1, rowBytes)
  }
  const last = checked(rest)
  if (last) yield last
}

function tooLong(number: number, rowBytes: number): IssuerError {
  const violations = [{ pointer: '', message: `line ${number} is longer than ${rowBytes} bytes` }]
  return new IssuerError('MALFORMED_REQUEST', { detail: 'A row is too long.', violations })
}
