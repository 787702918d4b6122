import type { z } from 'zod'
import { IssuerError } from '../../errors.ts'
import { pointerTo } from '../../schemas/json-pointer.ts'

/** What a format calls for, understood. @throws MALFORMED_REQUEST with every violation */
export function parseDetails<T extends z.ZodType>(schema: T, details: unknown): z.output<T> {
  const parsed = schema.safeParse(details)
  if (parsed.success) return parsed.data
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'What the credential format calls for is not well formed.',
    violations: parsed.error.issues
      .slice(0, 100)
      .map(({ path, message }) => ({ pointer: path.map(String).reduce(pointerTo, ''), message })),
  })
}
