import { dataIntegrityPresentation } from './data-integrity-presentation.ts'
import { dcSdJwtPresentation } from './dc-sd-jwt-presentation.ts'
import { jwtVcPresentation } from './jwt-vc-presentation.ts'
import type { PresentationFormat } from './presentation.ts'
import { vcCosePresentation } from './vc-cose-presentation.ts'
import { vcJwtPresentation } from './vc-jwt-presentation.ts'
import { vcSdJwtPresentation } from './vc-sd-jwt-presentation.ts'

/** Every presentation format. */
export const presentationFormats: readonly PresentationFormat[] = [
  dataIntegrityPresentation,
  jwtVcPresentation,
  vcJwtPresentation,
  vcSdJwtPresentation,
  vcCosePresentation,
  dcSdJwtPresentation,
]
