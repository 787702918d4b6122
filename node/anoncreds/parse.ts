import type * as z from 'zod'
import { IssuerError } from '../errors.ts'

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Reads what somebody sent, by its schema. `name` says in the error what it was. @throws MALFORMED_REQUEST */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  name: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: `The ${name} is not well formed.`,
    violations: parsed.error.issues
      .slice(0, 32)
      .map(({ path, message }) => ({ pointer: pointer(path), message })),
  })
}
