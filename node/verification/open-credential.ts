import { hasInlineContext, nameInlineContexts } from '../documents/inline-contexts.ts'
import { IssuerError } from '../errors.ts'
import type { Format, OpenedCredential, OpenOptions } from '../formats/format.ts'
import type { Json, JsonObject } from '../json.ts'

/**
 * Understands a received credential, whatever its format. Inline contexts are refused unless the caller allows them.
 * @throws MALFORMED_REQUEST when no format recognises it
 */
export function openCredential(
  formats: readonly Format[],
  received: unknown,
  options: OpenOptions = {},
): OpenedCredential {
  if (!options.inlineContexts || !hasInlineContext(received as Json)) {
    return openNamed(formats, received, options)
  }
  const document = received as JsonObject
  const opened = openNamed(formats, nameInlineContexts(document))
  const context = document['@context'] as Json
  return { ...opened, document: { ...opened.document, '@context': context }, secured: document }
}

function openNamed(formats: readonly Format[], received: unknown, options?: OpenOptions): OpenedCredential {
  for (const format of formats) {
    const opened = format.open(received, options)
    if (opened) return opened
  }
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: `This is not a credential of a supported format (${formats.map(({ name }) => name).join(', ')}).`,
    violations: [
      { pointer: '/credential', message: 'must be a secured credential: JSON with a proof, or a JWT' },
    ],
  })
}
