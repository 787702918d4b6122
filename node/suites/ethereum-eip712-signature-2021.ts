import * as z from 'zod'
import { IssuerError } from '../errors.ts'
import { asText, type JsonObject } from '../json.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { hashTypedData } from './eip712/hash-typed-data.ts'
import {
  domainMembers,
  domainType,
  generateTypes,
  isTyped,
  type StructTypes,
  UntypedValue,
} from './eip712/typed-data.ts'
import { checkEmbeddedProof, checkSignable, splitProof } from './embedded-proof.ts'
import { accountOf, recoverAccount } from './ethereum-account.ts'
import { requireContexts } from './require-contexts.ts'
import type { ProofVerdict, Secured, SecureOptions, Suite, VerifyOptions } from './suite.ts'

const name = 'EthereumEip712Signature2021'

/** Signs digests with secp256k1 keys of the node. @throws KEY_NOT_FOUND, KEY_STORE_UNAVAILABLE */
export type DigestSigners = KeyStore['requireDigestSigner']

const failed = (detail: string) => new IssuerError('SIGNING_FAILED', { detail })

/** The chain of a did:ethr (Ethereum mainnet where it names none), and 1 for every other DID, as Veramo has it. */
function chainIdOf(verificationMethod: string): number {
  const network = /^did:ethr:(0x[0-9a-f]{1,12}|\d{1,15}):/i.exec(verificationMethod)?.[1]
  return network === undefined ? 1 : Number(network)
}

/** The document's own type: `VerifiableCredential`, or `VerifiablePresentation`. */
const primaryTypeOf = ({ type }: JsonObject): string =>
  [type].flat().includes('VerifiablePresentation') ? 'VerifiablePresentation' : 'VerifiableCredential'

const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

function typesFor(message: JsonObject, primaryType: string): StructTypes {
  try {
    return generateTypes(message, primaryType)
  } catch (error) {
    if (!(error instanceof UntypedValue)) throw error
    const { pointer, message } = error
    throw new IssuerError('CLAIMS_NOT_EXPRESSIBLE', {
      detail: `EIP-712 has no type for a value: ${pointer} ${message}.`,
      violations: [{ pointer, message }],
    })
  }
}

async function secure(
  digestSigners: DigestSigners | undefined,
  document: JsonObject,
  options: SecureOptions,
): Promise<JsonObject> {
  const { key, created, purpose = 'assertionMethod', challenge, domain: audience, proofId } = options
  checkSignable(document)
  if (!digestSigners) throw failed('These suites were made for verifying alone.')
  if (key.signer.type !== 'secp256k1')
    throw failed(`The suite signs with secp256k1 keys, not with ${key.signer.type}.`)
  if (options.previousProofs?.length) throw failed('A proof of this type follows no other.')
  // Every byte is signed and nothing expanded; a context that nobody knows would leave the terms without meaning.
  await requireContexts(document, options.documentLoader)
  const { keyRef } = key.signer
  const proof: JsonObject = {
    ...(proofId !== undefined && { id: proofId }),
    verificationMethod: key.verificationMethod,
    created: seconds(created),
    proofPurpose: purpose,
    type: name,
    ...(challenge !== undefined && { challenge }),
    ...(audience !== undefined && { domain: audience }),
  }
  const primaryType = primaryTypeOf(document)
  const message = { ...document, proof }
  const domain = { chainId: chainIdOf(key.verificationMethod), name: primaryType, version: '1' }
  const types = typesFor(message, primaryType)
  const signer = await digestSigners(keyRef)
  const signature = await signer.signDigest(hashTypedData({ domain, types, primaryType, message }))
  const proofValue = `0x${Buffer.from(signature).toString('hex')}`
  const eip712 = { domain, types: Object.fromEntries(types) as unknown as JsonObject, primaryType }
  return { ...document, proof: { ...proof, proofValue, eip712 } }
}

const typeName = z.string().max(256).regex(/^\w+$/)

/** What a proof says about how its document was typed; limits for documents of anybody. */
const eip712Schema = z.strictObject({
  domain: z.strictObject({
    name: z.string().max(256),
    version: z.string().max(256),
    chainId: z.number().int().min(0),
  }),
  types: z
    .record(
      typeName,
      z
        .array(
          z.strictObject({
            name: z.string().max(2_048),
            type: z
              .string()
              .max(256)
              .regex(/^\w+(\[\])?$/),
          }),
        )
        .max(1_000),
    )
    .refine((types) => Object.keys(types).length <= 256),
  primaryType: typeName,
})

/** The signed digest of a document, when its proof's types say all about it; or why they do not. */
function digestOf(document: JsonObject, proof: JsonObject): Uint8Array | string {
  const { proofValue: _, eip712, ...options } = proof
  const parsed = eip712Schema.safeParse(eip712)
  if (!parsed.success) return 'The proof does not say how the document is typed (eip712).'
  const { domain, primaryType } = parsed.data
  const types = new Map(Object.entries(parsed.data.types))
  const message = { ...document, proof: options }
  const isDomain =
    isTyped(types, domainType, domain) && types.get(domainType)?.length === domainMembers.length
  if (!isDomain || primaryType === domainType) return 'The domain of the typed data is none.'
  if (!isTyped(types, primaryType, message)) {
    return 'The types in the proof do not say all about the document.'
  }
  return hashTypedData({ domain, types, primaryType, message })
}

function signatureProblem(document: JsonObject, proof: JsonObject, method: JsonObject): string | undefined {
  const digest = digestOf(document, proof)
  if (typeof digest === 'string') return digest
  const [, rs = '', v = ''] = /^0x([0-9a-f]{128})(1b|1c)$/i.exec(asText(proof.proofValue)) ?? []
  const account = accountOf(method)
  const recovered = recoverAccount(digest, Buffer.from(rs, 'hex'), v.toLowerCase() === '1c' ? 1 : 0)
  return account !== undefined && recovered === account ? undefined : 'Invalid signature.'
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const proven = splitProof(secured)
  if (!proven) return { status: 'fail', type: name, reason: 'The document must have one proof, not a set.' }
  const { document, proof } = proven
  const about = { type: name, verificationMethod: asText(proof.verificationMethod) }
  if (proof.previousProof !== undefined) {
    return { ...about, status: 'fail', reason: 'A proof of this type follows no other.' }
  }
  const checked = await checkEmbeddedProof(proven, options)
  if ('status' in checked) return { ...about, ...checked }
  try {
    await requireContexts(document, options.documentLoader)
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return { ...about, status: error.retryable ? 'unknown' : 'fail', reason: error.message }
  }
  const reason = signatureProblem(document, proof, checked.resolved.verificationMethod)
  return reason === undefined ? { ...about, status: 'pass' } : { ...about, status: 'fail', reason }
}

/**
 * Typed data that wallets can show (Ethereum EIP712 Signature 2021): the proof names the type of every member, and is
 * verified only where its types cover the whole document.
 */
export function ethereumEip712Signature2021(termsUrl: string, digestSigners?: DigestSigners): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes: ['secp256k1'],
    dataModels: ['1.1', '2.0'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl] : []),
    recognises: (secured) => splitProof(secured)?.proof.type === name,
    secure: (document, options) => secure(digestSigners, document, options),
    verify,
  }
}
