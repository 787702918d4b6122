import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { requestContext } from './request-context.ts'

export type Logger = PinoLogger

/** API keys, secrets of webhooks, passwords in addresses: never in a log, whoever wrote them there. */
const patterns: readonly [RegExp, string][] = [
  [/\bck_[A-Za-z0-9_-]{20,}/g, '[redacted]'],
  [/\bwhsec_[A-Za-z0-9+/=]{20,}/g, '[redacted]'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"\\]*:)[^\s/@"\\]+@/gi, '$1[redacted]@'],
]

/**
 * JSON lines on standard output; each line that belongs to a request bears its id. What stands in `secrets` never
 * leaves, wherever in a line or an error it turns up.
 */
export function createLogger(
  options: { level: string; secrets: readonly string[] },
  destination?: DestinationStream,
): Logger {
  // as they stand in a line, which is JSON
  const secrets = options.secrets
    .filter((secret) => secret.length >= 8)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // a line of the request itself has it already
    mixin: (_object: object, _level: number, logger: PinoLogger) => {
      const { requestId } = requestContext()
      const bound = (logger as unknown as Record<symbol, string>)[pino.symbols.chindingsSym as never] as
        | string
        | undefined
      return requestId === null || bound?.includes('"requestId"') ? {} : { requestId }
    },
    redact: {
      paths: [
        '*.authorization',
        '*.headers.authorization',
        '*.privateKey',
        '*.token',
        '*.secret',
        '*.password',
      ],
      censor: '[redacted]',
    },
    hooks: {
      streamWrite: (line: string) =>
        patterns.reduce(
          (text, [pattern, by]) => text.replace(pattern, by),
          secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line),
        ),
    },
  }
  return destination ? pino(settings, destination) : pino(settings)
}
