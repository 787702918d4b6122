import type {
  ICreateVerifiableCredentialArgs,
  IKey,
  IssuerAgentContext,
  IVerifyCredentialArgs,
  IVerifyResult,
  VerifiableCredential,
  VerifiablePresentation,
} from '@veramo/core'
import type {
  ICredentialProvider,
  ProofFormatQuery,
  TentativeVerificationQuery,
} from '@veramo/credential-w3c'
import { IssuerError } from '../errors.ts'
import { asText, type JsonObject } from '../json.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { AssertionKey, DocumentLoader, KeyResolver, Secured, Suite } from '../suites/suite.ts'
import type { DidRecords } from './did-records.ts'
import { keyTypeOf } from './key-management.ts'

/** What a provider stands on. */
export interface ProviderDeps {
  suite: Suite
  dids: Pick<DidRecords, 'get'>
  keyStore: Pick<KeyStore, 'requireSigner'>
  resolveKey: KeyResolver
  documentLoader: DocumentLoader
  now(): Date
}

const credentialsV1 = 'https://www.w3.org/2018/credentials/v1'
const credentialsV2 = 'https://www.w3.org/ns/credentials/v2'

const issuerOf = ({ issuer }: JsonObject): string =>
  typeof issuer === 'string' ? issuer : asText((issuer as JsonObject | undefined)?.id)

/**
 * CredentialPlugin writes the context and the issuanceDate of data model 1.1 into every credential that it is given;
 * data model 2.0 knows neither.
 */
function asGiven(credential: JsonObject): JsonObject {
  const contexts = [credential['@context'] ?? []].flat()
  if (!contexts.includes(credentialsV2)) return credential
  const { issuanceDate: _, ...others } = credential
  return { ...others, '@context': contexts.filter((context) => context !== credentialsV1) }
}

const noPresentations = (): Promise<never> =>
  Promise.reject(new Error('not_supported: this provider secures credentials, not presentations'))

/** The assertion key that the arguments name, or the first one that the suite can sign with. */
async function requireKey({ suite, dids, keyStore }: ProviderDeps, did: string, keyRef: string | undefined) {
  const record = await dids.get(did)
  const key = record?.keys.find((candidate) =>
    keyRef === undefined ? suite.keyTypes.includes(candidate.type) : candidate.keyRef === keyRef,
  )
  if (!key) throw new IssuerError('ASSERTION_KEY_MISSING', { facts: { did } })
  const signer = await keyStore.requireSigner(key.keyRef)
  return { verificationMethod: key.verificationMethod, signer } satisfies AssertionKey
}

async function verifyCredential(
  { suite, resolveKey, documentLoader, now }: ProviderDeps,
  { credential }: IVerifyCredentialArgs,
): Promise<IVerifyResult> {
  const verdict = await suite.verify(credential as Secured, { resolveKey, documentLoader, now: now() })
  if (verdict.status === 'pass') return { verified: true, verifiableCredential: credential }
  return { verified: false, error: { message: verdict.reason ?? verdict.status, errorCode: verdict.status } }
}

/** One of the node's suites as a credential provider of Veramo; its proof format is the suite's name. */
export function suiteProvider(deps: ProviderDeps): ICredentialProvider {
  const { suite, documentLoader, now } = deps
  return {
    getProofFormatsSupportedForKey: ({ type }: IKey) => {
      const known = keyTypeOf(type)
      return known && suite.keyTypes.includes(known) ? [suite.name] : []
    },
    canIssueProofFormat: ({ proofFormat }: ProofFormatQuery) => proofFormat === suite.name,
    canVerifyDocumentType: ({ document }: TentativeVerificationQuery) =>
      suite.recognises(document as Secured),
    createVerifiableCredential: async (
      { credential, keyRef }: ICreateVerifiableCredentialArgs,
      _context: IssuerAgentContext,
    ) => {
      const document = asGiven(credential as unknown as JsonObject)
      const key = await requireKey(deps, issuerOf(document), keyRef)
      const secured = await suite.secure(document, { key, created: now(), documentLoader })
      return secured as unknown as VerifiableCredential
    },
    verifyCredential: (args: IVerifyCredentialArgs) => verifyCredential(deps, args),
    createVerifiablePresentation: (): Promise<VerifiablePresentation> => noPresentations(),
    verifyPresentation: (): Promise<IVerifyResult> => noPresentations(),
  }
}
