import { Readable } from 'node:stream'
import { type CsvError, type Parser, parse } from 'csv-parse'
import { IssuerError } from '../errors.ts'

/**
 * The records of a CSV file (RFC 4180), its header first. Lines end as they like, empty ones are passed over. A file
 * whose quotes do not match is refused as a whole: from there on its cells would stand in other columns.
 * @throws MALFORMED_REQUEST with the line
 */
export async function* csvRecords(
  text: AsyncIterable<string>,
  { rowBytes }: { rowBytes: number },
): AsyncGenerator<string[]> {
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: rowBytes,
  })
  const source = Readable.from(measured(text, parser, rowBytes))
  // `pipe` tells the parser nothing of what goes wrong before it
  source.on('error', (error) => parser.destroy(error))
  try {
    for await (const record of source.pipe(parser)) yield record
  } catch (error) {
    throw explain(error, rowBytes)
  } finally {
    source.destroy()
  }
}

const PIECE = 16_384

/**
 * The text in small pieces. The parser counts what stands in cells, and of a line of commas nothing does: it is too long
 * when so much of it was read without coming to its end. What is read before it is parsed are a few pieces.
 */
async function* measured(
  text: AsyncIterable<string>,
  parser: Parser,
  rowBytes: number,
): AsyncGenerator<string> {
  let read = 0
  let { lines } = parser.info
  for await (const piece of text) {
    for (let from = 0; from < piece.length; from += PIECE) {
      const { lines: now } = parser.info
      read = now === lines ? read + PIECE : 0
      lines = now
      if (read > rowBytes + 4 * PIECE)
        throw Object.assign(new Error('a line without end'), { code: 'CSV_MAX_RECORD_SIZE', lines })
      yield piece.slice(from, from + PIECE)
    }
  }
}

const sentences: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'opens a quotation mark that is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'has text after a closing quotation mark',
  INVALID_OPENING_QUOTE: 'has a quotation mark inside a cell that does not begin with one',
}

function explain(error: unknown, rowBytes: number): unknown {
  const { code = '', lines } = error as Partial<CsvError> & { lines?: number }
  const sentence = code === 'CSV_MAX_RECORD_SIZE' ? `is longer than ${rowBytes} bytes` : sentences[code]
  if (sentence === undefined) return error
  const violations = [{ pointer: '', message: `line ${lines} ${sentence}` }]
  return new IssuerError('MALFORMED_REQUEST', { detail: 'The body is no CSV.', violations, cause: error })
}
