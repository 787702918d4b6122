import { type Answer, errorAnswer } from './answer.ts'
import { type Call, operations } from './operations.ts'

type Operation = (input: unknown) => unknown

/** What a thread runs for each call. */
export default async function answer({ room, name, input }: Call): Promise<Answer> {
  try {
    const operation = (operations[room] as unknown as Record<string, Operation>)[name]
    if (!operation) throw new RangeError(`There is no operation ${room}.${name}.`)
    return { result: await operation(input) }
  } catch (error) {
    return errorAnswer(error)
  }
}
