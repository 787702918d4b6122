import type { ClaimsToken } from './claims-token.ts'
import { statusListCwt } from './status-list-cwt.ts'
import { statusListJwt } from './status-list-jwt.ts'

/** Every way to sign claims that are no credential. */
export const claimsTokens: readonly ClaimsToken[] = [statusListJwt, statusListCwt]
