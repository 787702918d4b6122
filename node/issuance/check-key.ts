import { IssuerError } from '../errors.ts'
import type { AssertionKey, Suite } from '../suites/suite.ts'
import type { IssuerRecord, PipelineDeps } from './pipeline.ts'

/**
 * The newest key of the issuer that the suite can use and the DID document lists under assertionMethod.
 * @throws ASSERTION_KEY_MISSING, KEY_STORE_UNAVAILABLE
 */
export async function checkKey(
  deps: Pick<PipelineDeps, 'keys'>,
  input: { suite: Suite; keys: IssuerRecord['keys']; assertionMethods: readonly string[] },
): Promise<AssertionKey> {
  const onLedger = input.keys.filter((key) => input.assertionMethods.includes(key.verificationMethod))
  for (const type of input.suite.keyTypes) {
    const key = onLedger.findLast((candidate) => candidate.type === type)
    if (!key) continue
    const signer = await deps.keys.requireSigner(key.keyRef)
    return { verificationMethod: key.verificationMethod, signer }
  }
  throw new IssuerError('ASSERTION_KEY_MISSING', {
    detail: `${input.suite.name} signs with a key of type ${input.suite.keyTypes.join(' or ')}: make an issuer that has one (keys of POST /dids).`,
    facts: { proofType: input.suite.name, keyTypes: input.suite.keyTypes.join(', ') },
  })
}
