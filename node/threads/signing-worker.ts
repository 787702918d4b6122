import { operations as signing } from '../suites/signing/operations.ts'
import { answerWith } from './answer.ts'

/** What a thread that signs runs for each call. */
export default answerWith({ signing })
