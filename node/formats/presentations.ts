import { dataIntegrityPresentation } from './data-integrity-presentation.ts'
import type { PresentationFormat } from './presentation.ts'

/** Every presentation format. */
export const presentationFormats: readonly PresentationFormat[] = [dataIntegrityPresentation]
