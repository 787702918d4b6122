import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

/**
 * JSON lines on standard output. What stands in `secrets` never leaves, wherever in a line or an error it turns up.
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
    redact: {
      paths: ['*.authorization', '*.headers.authorization', '*.privateKey', '*.token'],
      censor: '[redacted]',
    },
    hooks: {
      streamWrite: (line: string) =>
        secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line),
    },
  }
  return destination ? pino(settings, destination) : pino(settings)
}
