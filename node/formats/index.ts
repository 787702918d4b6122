import { dataIntegrity } from './data-integrity.ts'
import { dcSdJwt } from './dc-sd-jwt.ts'
import type { Format } from './format.ts'
import { jwtVc } from './jwt-vc.ts'
import { vcCose } from './vc-cose.ts'
import { vcJwt } from './vc-jwt.ts'
import { vcSdJwt } from './vc-sd-jwt.ts'

/** Every credential format. */
export const formats: readonly Format[] = [dataIntegrity, jwtVc, vcJwt, vcSdJwt, dcSdJwt, vcCose]
