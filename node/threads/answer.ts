import { type ErrorCode, IssuerError, type Violation } from '../errors.ts'
import type { Call } from './operations.ts'

/** An error of the table, as it crosses the border of a thread; what caused it stays behind. */
interface CrossingError {
  code: ErrorCode
  detail: string
  violations: readonly Violation[]
  facts: IssuerError['facts']
}

/** What a thread answers: a class does not cross, so an error is told in words. */
export type Answer = { result: unknown } | { error: CrossingError } | { message: string }

/** For the thread: an error as an answer. */
function errorAnswer(error: unknown): Answer {
  if (!(error instanceof IssuerError)) return { message: (error as Error).message }
  const { code, message, violations, facts } = error
  return { error: { code, detail: message, violations, facts } }
}

/** For whoever asked. @throws IssuerError as the operation, RangeError for any other error of it */
export function readAnswer(answer: Answer): unknown {
  if ('result' in answer) return answer.result
  if ('message' in answer) throw new RangeError(answer.message)
  const { code, ...options } = answer.error
  throw new IssuerError(code, options)
}

type Operation = (input: unknown) => unknown

/** What a thread with these operations runs for each call. */
export function answerWith(operations: Readonly<Record<string, object>>) {
  return async ({ folder, name, input }: Call): Promise<Answer> => {
    try {
      const operation = (operations[folder] as Record<string, Operation> | undefined)?.[name]
      if (!operation) throw new RangeError(`There is no operation ${folder}.${name}.`)
      return { result: await operation(input) }
    } catch (error) {
      return errorAnswer(error)
    }
  }
}
