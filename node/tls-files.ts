import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** A certificate chain and its private key, both PEM; frozen. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

const read = (name: string, path: string, problems: string[]): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    problems.push(`${name} must be the path of a readable file.`)
    return undefined
  }
}

function problemWith({ cert, key }: TlsFiles): string | undefined {
  try {
    createSecureContext({ key })
  } catch {
    return 'TLS_KEY must hold an unencrypted private key (PEM).'
  }
  try {
    // the first certificate of the chain is the server's own
    if (Date.parse(new X509Certificate(cert).validTo) < Date.now()) return 'TLS_CERT has expired.'
  } catch {
    return 'TLS_CERT must hold a certificate (PEM), its intermediate ones after it.'
  }
  try {
    createSecureContext({ cert, key })
  } catch {
    return 'TLS_KEY is not the key of the certificate in TLS_CERT.'
  }
  return undefined
}

/** Reads the files of TLS_CERT and TLS_KEY; undefined without them. Adds a sentence for each that cannot be used. */
export function readTlsFiles(
  paths: { cert: string | undefined; key: string | undefined },
  problems: string[],
): TlsFiles | undefined {
  if (!paths.cert && !paths.key) return undefined
  if (!paths.cert || !paths.key) {
    const [missing, given] = paths.cert ? ['TLS_KEY', 'TLS_CERT'] : ['TLS_CERT', 'TLS_KEY']
    problems.push(`${missing} is required with ${given}; leave both out to listen without TLS.`)
    return undefined
  }
  const cert = read('TLS_CERT', paths.cert, problems)
  const key = read('TLS_KEY', paths.key, problems)
  if (cert === undefined || key === undefined) return undefined
  const problem = problemWith({ cert, key })
  if (problem !== undefined) problems.push(problem)
  return problem === undefined ? Object.freeze({ cert, key }) : undefined
}
