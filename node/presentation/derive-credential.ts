import { IssuerError } from '../errors.ts'
import type { Secured } from '../suites/suite.ts'
import { openCredential } from '../verification/open-credential.ts'
import { presentedContexts } from '../verification/presented-contexts.ts'
import type { PresentationDeps } from './presentation-deps.ts'

interface Input {
  credential: unknown
  /** JSON pointers (RFC 6901) into the credential whose values are revealed, besides those that the issuer chose. */
  selectivePointers: readonly string[]
  /** What the derived proof repeats, where its suite can. */
  nonce?: Uint8Array
  /** Whether the credential may define terms itself. */
  inlineContexts?: boolean
}

const anyAge = { existedBefore: async () => true }

/**
 * Makes of a credential one that reveals a choice of its attributes.
 * @throws MALFORMED_REQUEST for what is no credential, DERIVATION_FAILED when its proof reveals everything or nothing
 * can be derived with these pointers
 */
export async function deriveCredential(
  deps: Pick<
    PresentationDeps,
    'formats' | 'suites' | 'ledger' | 'documentLoader' | 'resolveKey' | 'registeredContext'
  >,
  { credential, selectivePointers, nonce, inlineContexts = false }: Input,
): Promise<Secured> {
  const opened = openCredential(deps.formats, credential, { inlineContexts })
  const suite = deps.suites.find((candidate) => candidate.recognises(opened.secured))
  if (!suite?.derive) {
    const detail = 'The credential has no proof from which another one can be derived.'
    throw new IssuerError('DERIVATION_FAILED', { detail })
  }
  const { extra } = await presentedContexts(deps, [opened])
  const derived = await suite.derive(opened.secured, {
    selectivePointers,
    documentLoader: deps.documentLoader({ extra }),
    // deriving judges nothing: a key that has been replaced since still opens what it signed
    resolveKey: (id, options) => deps.resolveKey(id, { ...options, evidence: anyAge }),
    ...(nonce && { nonce }),
  })
  if (typeof derived !== 'string' && derived.credentialSubject === undefined) {
    const detail = 'A credential has to show something of its credentialSubject.'
    throw new IssuerError('DERIVATION_FAILED', { detail })
  }
  return derived
}
