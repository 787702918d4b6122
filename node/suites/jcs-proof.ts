import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { KeyType } from '../keys/key-store.ts'
import { checkSignable } from './embedded-proof.ts'
import { purposeMembers } from './purpose-members.ts'
import { requireContexts } from './require-contexts.ts'
import { type JcsTerms, signJcs, signJcsInThread } from './signing/sign-jcs.ts'
import type { SecureMany, SecureOptions, Suite } from './suite.ts'

/** A cryptosuite that signs JCS bytes, and the hash that goes with each type of key that it signs with. */
interface JcsCryptosuite {
  name: string
  hashes: Readonly<Partial<Record<KeyType, string>>>
}

/** A date of a proof is in whole seconds, as most libraries write it. */
const dateTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

function termsOf(options: SecureOptions, { name, hashes }: JcsCryptosuite): JcsTerms {
  const { key, created, previousProofs = [] } = options
  const { verificationMethod, signer } = key
  const algorithm = hashes[signer.type]
  if (algorithm === undefined) {
    const detail = `The suite signs with ${Object.keys(hashes).join(' or ')} keys, not with ${signer.type}.`
    throw new IssuerError('SIGNING_FAILED', { detail })
  }
  const proof = {
    type: 'DataIntegrityProof',
    created: dateTime(created),
    verificationMethod,
    cryptosuite: name,
    ...purposeMembers(options),
  } as JsonObject
  return { proof, algorithm, previousProofs }
}

/** JCS signs every byte and never expands; a context that nobody knows would still leave the terms without meaning. */
function check(document: JsonObject, { documentLoader }: SecureOptions): Promise<JsonObject> | JsonObject {
  const signable = () => {
    checkSignable(document)
    return document
  }
  const loading = requireContexts(document, documentLoader)
  return loading ? loading.then(signable) : signable()
}

/**
 * How a cryptosuite secures what it signs as JCS bytes, one document or many.
 * @throws SIGNING_FAILED, MALFORMED_REQUEST, and what the loader throws for a context that it refuses
 */
export function secureJcs(cryptosuite: JcsCryptosuite): Pick<Suite, 'secure'> & { secureMany: SecureMany } {
  return {
    secure: async (document, options) => {
      const terms = termsOf(options, cryptosuite)
      return signJcs(await check(document, options), terms, options.key.signer.sign)
    },
    secureMany: {
      keyTypes: Object.keys(cryptosuite.hashes) as KeyType[],
      secure: async (documents, options) =>
        signJcsInThread(documents, termsOf(options, cryptosuite), {
          signer: options.key.signer,
          check: (document) => check(document, options),
        }),
    },
  }
}
