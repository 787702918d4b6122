import type { Protocol } from './protocol.ts'
import { rest } from './rest/rest.ts'

/** Every way to ask and receive. */
export const protocols: readonly Protocol[] = [rest]
