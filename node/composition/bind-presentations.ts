import { presentationFormats } from '../formats/presentations.ts'
import type { Wiring } from '../issuer.ts'
import { deriveCredential } from '../presentation/derive-credential.ts'
import type { PresentationDeps } from '../presentation/presentation-deps.ts'
import { provePresentation } from '../presentation/prove-presentation.ts'
import type { Issuer } from '../protocols/issuer.ts'
import { verifyPresentation } from '../verification/verify-presentation.ts'

/** Binds what holders and verifiers of presentations ask for. */
export function bindPresentations({ foundation, own, verification }: Wiring) {
  const verifying = { ...verification, presentationFormats }
  const holding: PresentationDeps = { ...verifying, dids: own.dids, keys: foundation.keys }
  return {
    verifyPresentation: (input) => verifyPresentation(verifying, input),
    provePresentation: (input) => provePresentation(holding, input),
    deriveCredential: (input) => deriveCredential(holding, input),
  } satisfies Partial<Issuer>
}
