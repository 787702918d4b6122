import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { IssuerError, type Violation } from '../errors.ts'
import { pointerTo } from '../schemas/json-pointer.ts'

const partNames: Readonly<Record<string, string>> = {
  querystring: 'query parameter: ',
  params: 'path parameter: ',
  headers: 'header: ',
}

/** Checks a part of a request against its zod schema; every violation is told with its JSON pointer. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const prefix = partNames[httpPart ?? ''] ?? ''
  return (data: unknown) => {
    const result = schema.safeParse(data)
    if (result.success) return { value: result.data }
    const violations = violationsOf(result.error.issues).map((violation) => ({
      pointer: violation.pointer,
      message: prefix + violation.message,
    }))
    return { error: new IssuerError('MALFORMED_REQUEST', { violations }) }
  }
}

/** The violations that a zod schema found, unknown names one by one. */
export function violationsOf(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): Violation[] {
  return issues.flatMap((issue): Violation[] => {
    const path = [...base, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: pointerOf([...path, key]),
        message: 'This name is not known here.',
      }))
    }
    return [{ pointer: pointerOf(path), message: issue.message }]
  })
}

const pointerOf = (path: readonly PropertyKey[]) =>
  path.reduce<string>((pointer, member) => pointerTo(pointer, String(member)), '')
