import { dataIntegrity } from './data-integrity.ts'
import type { Format } from './format.ts'
import { jwtVc } from './jwt-vc.ts'

/** Every credential format. */
export const formats: readonly Format[] = [dataIntegrity, jwtVc]
