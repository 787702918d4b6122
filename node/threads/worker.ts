import { answerWith } from './answer.ts'
import { operations } from './operations.ts'

/** What a thread runs for each call. */
export default answerWith(operations)
