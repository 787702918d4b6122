import { type Answer, errorAnswer } from './answer.ts'
import { type Call, operations } from './operations.ts'

type Operation = (input: unknown) => unknown

/** What a thread runs for each call. */
export default async function answer({ folder, name, input }: Call): Promise<Answer> {
  try {
    const operation = (operations[folder] as unknown as Record<string, Operation>)[name]
    if (!operation) throw new RangeError(`There is no operation ${folder}.${name}.`)
    return { result: await operation(input) }
  } catch (error) {
    return errorAnswer(error)
  }
}
