import { IssuerError } from '../../errors.ts'

/** The native build of the reference: the one library for Node that has accumulators (CL_ACCUM). */
const library: string = '@hyperledger/anoncreds-nodejs'

/** Why revocable credentials cannot be made here; there is no engine yet for which there is no reason. */
export interface RevocationProbe {
  installed: boolean
  reason: string
}

/**
 * Looks whether something here could make revocable credentials. The engine of this project has no accumulators; the
 * native library has, where it is installed, but nothing here drives it.
 */
export async function probeRevocation(
  load: (name: string) => Promise<unknown> = importLibrary,
): Promise<RevocationProbe> {
  const installed = await load(library).then(
    () => true,
    () => false,
  )
  const needs =
    'Revocation of AnonCreds needs accumulators (CL_ACCUM), which the engine of this node does not have'
  return {
    installed,
    reason: installed
      ? `${needs}; ${library} is installed, but this version of the node does not use it.`
      : `${needs}, and ${library}, which has them, is not installed.`,
  }
}

const importLibrary = (name: string): Promise<unknown> => import(name)

/** @throws REVOCATION_UNSUPPORTED with the reason */
export async function requireRevocation(): Promise<never> {
  const { installed, reason } = await probeRevocation()
  throw new IssuerError('REVOCATION_UNSUPPORTED', { detail: reason, facts: { libraryInstalled: installed } })
}
