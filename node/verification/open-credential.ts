import { IssuerError } from '../errors.ts'
import type { Format, OpenedCredential } from '../formats/format.ts'

/**
 * Understands a received credential, whatever its format.
 * @throws MALFORMED_REQUEST when no format recognises it
 */
export function openCredential(formats: readonly Format[], received: unknown): OpenedCredential {
  for (const format of formats) {
    const opened = format.open(received)
    if (opened) return opened
  }
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: `This is not a credential of a supported format (${formats.map(({ name }) => name).join(', ')}).`,
    violations: [
      { pointer: '/credential', message: 'must be a secured credential: JSON with a proof, or a JWT' },
    ],
  })
}
