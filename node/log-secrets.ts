import type { ChainLocation } from './composition/foundation.ts'
import type { Config } from './config.ts'

/** What must not show in a log: keys, passwords, and an RPC URL that carries one. */
export function secretsOf(config: Config, { rpcUrl }: ChainLocation): string[] {
  const { username, password, pathname, search } = new URL(rpcUrl)
  const revealing = username || password || search || pathname.length > 1
  return [
    config.adminApiKey,
    config.metricsToken,
    config.keyEncryptionKey,
    config.relayerPrivateKey,
    config.tls?.key,
    revealing ? rpcUrl : undefined,
    ...serverSecrets(config.databaseUrl),
    ...serverSecrets(config.queueUrl),
    ...passwordIn(config.traces?.endpoint),
  ].filter((secret) => secret !== undefined)
}

const passwordIn = (url: string | undefined): string[] =>
  url === undefined || new URL(url).password === '' ? [] : serverSecrets(url)

/** The URL, and its password as it is typed and as it is sent. */
function serverSecrets(url: string | undefined): string[] {
  if (url === undefined) return []
  const { password, searchParams } = new URL(url)
  const inQuery = searchParams.get('password') ?? ''
  return [url, password, decoded(password), inQuery].filter((text) => text !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a percent sign that begins no character stands for itself
    return text
  }
}
