import { dataIntegrity } from './data-integrity.ts'
import type { Format } from './format.ts'
import { jwtVc } from './jwt-vc.ts'
import { vcJwt } from './vc-jwt.ts'

/** Every credential format. */
export const formats: readonly Format[] = [dataIntegrity, jwtVc, vcJwt]
