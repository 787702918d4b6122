import { Readable } from 'node:stream'
import { type CsvError, parse } from 'csv-parse'
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
  const source = Readable.from(text)
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: rowBytes,
  })
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
