import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import { base58 } from '@scure/base'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { dataIntegrityContext } from './contexts/bundled-contexts.ts'
import { derivationFailure, deriving } from './derivation-failure.ts'
import { mandatoryPointersFor, pointersProblem } from './disclosed-pointers.ts'
import {
  isBaseProof,
  parseBaseProof,
  parseDerivedProof,
  serializeBaseProof,
  serializeDerivedProof,
} from './ecdsa-sd-proof-value.ts'
import { splitProof } from './embedded-proof.ts'
import { librarySigner, secureLinkedData } from './linked-data-proof.ts'
import { groupQuads } from './selective-disclosure/group-quads.ts'
import { type LabelNodes, labelledQuads, linesOf } from './selective-disclosure/labelled-quads.ts'
import { selectDocument } from './selective-disclosure/select-document.ts'
import { verifyRdfProof } from './signed-statements.ts'
import type {
  DeriveOptions,
  DocumentLoader,
  ProofVerdict,
  Secured,
  SecureOptions,
  Suite,
  VerifyOptions,
} from './suite.ts'
import { verificationKey, verifySignature } from './verification-key.ts'

const name = 'ecdsa-sd-2023'
const keyTypes = ['P-256'] as const
/** Multicodec p256-pub, as a varint. */
const p256 = Buffer.from('8024', 'hex')

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The hash of a proof's options: what canonicalizes is the proof without its value, in the document's contexts. */
async function hashOptions(
  document: JsonObject,
  proof: JsonObject,
  documentLoader: DocumentLoader,
): Promise<Buffer> {
  const { proofValue: _, ...options } = proof
  return sha256(await canonicalize({ '@context': document['@context'], ...options }, { documentLoader }))
}

/** Labels that tell nothing of the order of the nodes, to whoever does not have the key (3.4.4). */
const hmacLabels =
  (hmacKey: Uint8Array): LabelNodes =>
  (canonical) =>
    new Map(
      canonical.map((label) => [
        label,
        `u${createHmac('sha256', hmacKey).update(label).digest('base64url')}`,
      ]),
    )

interface SignData {
  options: Buffer
  hmacKey: Buffer
  mandatory: readonly string[]
  others: readonly string[]
}

/** Signs each quad that is not mandatory with a key of its own, then that key and all mandatory quads (3.6.5). */
async function baseProofValue(
  { options, hmacKey, mandatory, others }: SignData,
  mandatoryPointers: readonly string[],
  signer: LibrarySigner,
): Promise<string> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const point = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-64)
  const compressed = Buffer.concat([Buffer.of(2 + ((point[63] as number) & 1)), point.subarray(0, 32)])
  const publicKey = Buffer.concat([p256, compressed])
  const signatures = others.map((quad) =>
    sign('sha256', Buffer.from(quad), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }),
  )
  const data = Buffer.concat([options, publicKey, sha256(mandatory.join(''))])
  const baseSignature = await signer.sign({ data })
  return serializeBaseProof({ baseSignature, publicKey, hmacKey, signatures, mandatoryPointers })
}

function signingSuite({ key, created }: SecureOptions, mandatoryPointers: readonly string[]): LibrarySuite {
  const signer = librarySigner(key, keyTypes)
  const createVerifyData = async (input: {
    document: JsonObject
    proof: JsonObject
    documentLoader: DocumentLoader
  }): Promise<SignData> => {
    const { document, proof, documentLoader } = input
    const hmacKey = randomBytes(32)
    const { quads, groups } = await groupQuads(document, {
      groups: { mandatory: mandatoryPointers },
      documentLoader,
      labelNodes: hmacLabels(hmacKey),
    })
    const { places } = groups.mandatory
    return {
      options: await hashOptions(document, proof, documentLoader),
      hmacKey,
      mandatory: quads.filter((_, place) => places.has(place)),
      others: quads.filter((_, place) => !places.has(place)),
    }
  }
  const createProofValue = ({ verifyData }: { verifyData: SignData }) =>
    baseProofValue(verifyData, mandatoryPointers, signer)
  const unused = () => undefined
  return new DataIntegrityProof({
    cryptosuite: {
      name,
      requiredAlgorithm: 'P-256',
      createVerifier: unused,
      createVerifyData,
      createProofValue,
    },
    signer,
    date: created,
  })
}

async function secure(document: JsonObject, options: SecureOptions): Promise<Secured> {
  if (options.previousProofs?.length) {
    const detail = `${name} makes no proof that follows others: what is derived does not show them.`
    throw new IssuerError('SIGNING_FAILED', { detail })
  }
  const pointers = mandatoryPointersFor(document, options.mandatoryPointers)
  const problem = pointersProblem(document, pointers)
  if (problem !== undefined) {
    const violations = [{ pointer: '/mandatoryPointers', message: problem }]
    throw new IssuerError('MALFORMED_REQUEST', { detail: problem, violations })
  }
  return secureLinkedData(document, { ...options, suite: signingSuite(options, pointers) })
}

/** What is checked of a derived proof: bytes and signatures, or nothing when they do not fit together. */
interface VerifyData {
  signed: Buffer
  baseSignature: Uint8Array
  statementsHold: boolean
}

/** The operation createVerifyData (3.5.9), and the signatures of the quads. @throws Error for a malformed proof */
async function createVerifyData(
  suite: LibrarySuite,
  { document, proof, documentLoader }: Parameters<LibrarySuite['createVerifyData']>[0],
): Promise<VerifyData> {
  const value = parseDerivedProof(String(proof.proofValue))
  if (!value) throw new Error('The proofValue is no derived proof.')
  const { baseSignature, publicKey, signatures, labels, mandatoryIndexes } = value
  const labelNodes = () => labels
  const quads = linesOf(await suite.canonize(document, { documentLoader, labelNodes }))
  const places = new Set(mandatoryIndexes)
  const mandatory = quads.filter((_, place) => places.has(place))
  const others = quads.filter((_, place) => !places.has(place))
  const key = verificationKey({ publicKeyMultibase: `z${base58.encode(Uint8Array.from(publicKey))}` })
  const options = await hashOptions(
    document as JsonObject,
    proof as JsonObject,
    documentLoader as DocumentLoader,
  )
  return {
    signed: Buffer.concat([options, publicKey, sha256(mandatory.join(''))]),
    baseSignature,
    statementsHold:
      key?.type === 'P-256' &&
      places.size === mandatoryIndexes.length &&
      mandatory.length === places.size &&
      signatures.length === others.length &&
      others.every((quad, index) => verifySignature(key, Buffer.from(quad), signatures[index] as Uint8Array)),
  }
}

async function createVerifier({ verificationMethod }: { verificationMethod: JsonObject }) {
  const key = verificationKey(verificationMethod)
  return {
    id: verificationMethod.id,
    algorithm: key?.type,
    verify: async ({ data: { signed, baseSignature, statementsHold } }: { data: VerifyData }) =>
      key !== undefined && statementsHold && verifySignature(key, signed, baseSignature),
  }
}

function verifyingSuite(): LibrarySuite {
  const canonize = async (
    document: JsonObject,
    options: { documentLoader: DocumentLoader; labelNodes: LabelNodes },
  ): Promise<string> => (await labelledQuads(document, options)).quads.join('')
  const suite = new DataIntegrityProof({
    cryptosuite: { name, requiredAlgorithm: 'P-256', canonize, createVerifier },
  })
  suite.createVerifyData = (options) => createVerifyData(suite, options) as unknown as Promise<Uint8Array>
  return suite
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const proof = splitProof(secured)?.proof
  if (isBaseProof(String(proof?.proofValue))) {
    const reason = 'This is a base proof, for the holder alone: what verifies is derived from it.'
    return { status: 'fail', type: name, verificationMethod: String(proof?.verificationMethod), reason }
  }
  return verifyRdfProof(secured, { ...options, type: name, suite: verifyingSuite() })
}

/** The operations createDisclosureData and addDerivedProof (3.5.4, 3.6.6). */
async function disclose(
  document: JsonObject,
  base: NonNullable<ReturnType<typeof parseBaseProof>>,
  { selectivePointers, documentLoader }: DeriveOptions,
): Promise<{ document: JsonObject; proofValue: string }> {
  const { baseSignature, publicKey, hmacKey, mandatoryPointers } = base
  const pointers = [...mandatoryPointers, ...selectivePointers]
  const { quads, labels, groups } = await groupQuads(document, {
    groups: { mandatory: mandatoryPointers, combined: pointers },
    documentLoader,
    labelNodes: hmacLabels(hmacKey),
  })
  const isMandatory = (place: number) => groups.mandatory.places.has(place)
  const isShown = (place: number) => groups.combined.places.has(place)
  const all = quads.map((_, place) => place)
  const shown = all.filter(isShown)
  const signed = all.filter((place) => !isMandatory(place))
  if (signed.length !== base.signatures.length)
    throw derivationFailure('The base proof is not of this document.')
  const seen = await labelledQuads(groups.combined.blank, {
    documentLoader,
    labelNodes: (canonical) => new Map(canonical.map((label) => [label, label])),
  })
  const proofValue = serializeDerivedProof({
    baseSignature,
    publicKey,
    signatures: base.signatures.filter((_, index) => isShown(signed[index] as number)),
    labels: new Map(
      [...seen.canonical].map(([label, canonical]) => [canonical, labels.get(label) as string]),
    ),
    mandatoryIndexes: shown.flatMap((place, index) => (isMandatory(place) ? [index] : [])),
  })
  return { document: selectDocument(document, pointers) as JsonObject, proofValue }
}

async function derive(secured: Secured, options: DeriveOptions): Promise<Secured> {
  const proven = splitProof(secured)
  const base = proven && parseBaseProof(String(proven.proof.proofValue))
  if (!proven || !base) throw derivationFailure('The proof is no base proof: nothing can be derived from it.')
  const { document, proof } = proven
  const pointers = [...base.mandatoryPointers, ...options.selectivePointers]
  if (pointers.length === 0) throw derivationFailure('No pointer selects anything to be shown.')
  const problem = pointersProblem(document, pointers)
  if (problem !== undefined) throw derivationFailure(problem)
  return deriving(async () => {
    const disclosed = await disclose(document, base, options)
    if (document.credentialSubject !== undefined && disclosed.document.credentialSubject === undefined) {
      throw derivationFailure('A credential has to show something of its credentialSubject.')
    }
    const { '@context': _, ...members } = proof
    return { ...disclosed.document, proof: { ...members, proofValue: disclosed.proofValue } }
  })
}

/**
 * ECDSA over every statement of a document, so that the holder can show some of them (Data Integrity ECDSA
 * Cryptosuites 1.0, 3.6). What is secured has a base proof, which is for the holder and does not verify; what is
 * derived from it does.
 */
export function ecdsaSd2023(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes,
    dataModels: ['2.0', '1.1'],
    contexts: (dataModel) => (dataModel === '1.1' ? [termsUrl, dataIntegrityContext] : []),
    recognises: (secured) => splitProof(secured)?.proof.cryptosuite === name,
    secure,
    verify,
    derive,
  }
}
