import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Compressed JSON as text, made off the event loop. */
export async function pack(value: unknown): Promise<string> {
  return (await compress(JSON.stringify(value), { level: 3 })).toString('base64url')
}

/** What `pack` was given. */
export async function unpack<T>(text: string): Promise<T> {
  return JSON.parse((await decompress(Buffer.from(text, 'base64url'))).toString('utf8'))
}
