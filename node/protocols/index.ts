import { didWeb } from './did-web/did-web.ts'
import type { Protocol } from './protocol.ts'
import { rest } from './rest/rest.ts'
import { vcApi } from './vc-api/vc-api.ts'

/** Every way to ask and receive. */
export const protocols: readonly Protocol[] = [rest, didWeb, vcApi]
