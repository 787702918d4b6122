import { randomBytes } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { asText, type JsonObject } from '../json.ts'
import { inThread } from '../threads/in-thread.ts'
import { maxMessages } from './bbs/generators.ts'
import { type PlusProof, parsePlusProof } from './bbs/plus-proof.ts'
import { plusMessages, proofStatements, showsOwnStatements, signedStatements } from './bbs/plus-statements.ts'
import { blsPublicKey } from './bbs/public-key.ts'
import { bbsBlsContext } from './contexts/bbs-bls-terms.ts'
import { derivationFailure, deriving } from './derivation-failure.ts'
import { pointersProblem } from './disclosed-pointers.ts'
import { splitProof } from './embedded-proof.ts'
import { librarySigner } from './library-signer.ts'
import { secureLinkedData } from './linked-data-proof.ts'
import { inRdfThread } from './rdf/in-rdf-thread.ts'
import { requireContexts } from './require-contexts.ts'
import { linesOf } from './selective-disclosure/labelled-quads.ts'
import { verifyRdfProof } from './signed-statements.ts'
import type {
  AssertionKey,
  DeriveOptions,
  DocumentLoader,
  ProofVerdict,
  Secured,
  SecureOptions,
  Suite,
  VerifyOptions,
} from './suite.ts'

const name = 'BbsBlsSignature2020'
const derivedName = 'BbsBlsSignatureProof2020'
const keyTypes = ['Bls12381G2'] as const
const signatureLength = 112
const maxNonce = 1_024
/** Longer than any proof over as many messages as there may be. */
const maxText = 65_536

interface ProofInput {
  document: JsonObject
  proof: JsonObject
  documentLoader: DocumentLoader
}

interface Purpose {
  update(proof: JsonObject): Promise<JsonObject>
}

/** Octets of a text in base64 with padding; none when it is no such text, or could be written otherwise. */
function octetsOf(text: unknown): Uint8Array {
  const octets = Buffer.from(typeof text === 'string' && text.length <= maxText ? text : '', 'base64')
  return octets.toString('base64') === text ? Uint8Array.from(octets) : new Uint8Array()
}

interface Signed {
  options: readonly string[]
  publicKey: Uint8Array
}

/** Whether a signature is the key's over messages, as many as one may have. */
async function holds(messages: Uint8Array[], proof: JsonObject, publicKey: Uint8Array): Promise<boolean> {
  const signature = octetsOf(proof.proofValue)
  if (signature.length !== signatureLength || messages.length > maxMessages) return false
  return inThread('bbs', 'verifyPlus', { publicKey, messages, signature })
}

/** @throws Error unless the signature holds */
async function checkSigned(
  { proof }: ProofInput,
  quads: string,
  { options, publicKey }: Signed,
): Promise<void> {
  const messages = plusMessages([...options, ...linesOf(quads)])
  if (!(await holds(messages, proof, publicKey))) throw new Error('Invalid signature.')
}

/** Whether the statements of the proof's options are all disclosed, and as many of the document as there are. */
function isFitting({ indexes }: PlusProof, options: number, statements: number): boolean {
  return indexes.length === options + statements && (options === 0 || indexes[options - 1] === options - 1)
}

/** @throws Error unless the derived proof holds and hides nothing that verifiers have to know */
async function checkDerived({ document, proof }: ProofInput, quads: string, signed: Signed): Promise<void> {
  const { options, publicKey } = signed
  const statements = signedStatements(quads)
  const parsed = parsePlusProof(octetsOf(proof.proofValue))
  const nonce = octetsOf(proof.nonce)
  if (!parsed || nonce.length > maxNonce || !isFitting(parsed, options.length, statements.length)) {
    throw new Error('The proof is over other statements than the document makes.')
  }
  if (!showsOwnStatements(document.id, statements, parsed.indexes.slice(options.length))) {
    throw new Error(
      'The proof hides statements of the credential itself: its status or end could be among them.',
    )
  }
  const messages = plusMessages([...options, ...statements])
  const shown = { publicKey, messages, proof: parsed.octets, nonce }
  if (!(await inThread('bbs', 'proofVerifyPlus', shown))) throw new Error('Invalid signature.')
}

type Statements = (input: ProofInput) => Promise<string>

/** @throws SIGNING_FAILED */
async function createProof(
  { document, documentLoader, purpose }: ProofInput & { purpose: Purpose },
  { key, created, statements }: { key: AssertionKey; created: Date; statements: Statements },
): Promise<JsonObject> {
  const { id: verificationMethod } = librarySigner(key, keyTypes)
  const time = `${created.toISOString().slice(0, 19)}Z`
  const proof = await purpose.update({ type: name, created: time, verificationMethod })
  const options = await proofStatements(proof, documentLoader)
  const quads = linesOf(await statements({ document, proof, documentLoader }))
  const signed = { header: new Uint8Array(), messages: plusMessages([...options, ...quads]) }
  const signature = await key.signer.signMessages?.({ scheme: 'BBS+', ...signed })
  if (!signature) throw new IssuerError('SIGNING_FAILED', { detail: 'The key signs no lists of messages.' })
  return { ...proof, proofValue: Buffer.from(signature).toString('base64') }
}

/** @throws Error unless the proof holds */
async function verifyProof(input: ProofInput, type: string, statements: Statements): Promise<JsonObject> {
  const { proof, documentLoader } = input
  const { document: verificationMethod } = await documentLoader(asText(proof.verificationMethod))
  const publicKey = blsPublicKey(verificationMethod)
  if (!publicKey) throw new Error('The method holds no key of BLS12-381 in G2.')
  const options = await proofStatements(proof, documentLoader)
  const check = type === derivedName ? checkDerived : checkSigned
  await check(input, await statements(input), { options, publicKey })
  return verificationMethod
}

/** A suite for jsonld-signatures, which signs with a key, and verifies without one. */
function librarySuite(type: string, signing?: { key: AssertionKey; created: Date }): LibrarySuite {
  const suite = {
    type,
    matchProof: async ({ proof }: { proof: JsonObject }) => proof.type === type,
    // the document names its contexts itself
    ensureSuiteContext: () => undefined,
    canonizeProof: async () => '',
    createVerifyData: async ({ document, documentLoader }: ProofInput) =>
      inRdfThread('canonize', { suite: name, document }, documentLoader),
    createProof: (input: ProofInput & { purpose: Purpose }) =>
      createProof(input, { ...(signing as NonNullable<typeof signing>), statements: suite.createVerifyData }),
    verifyProof: async (input: ProofInput) => {
      try {
        const verificationMethod = await verifyProof(input, type, (asked) => suite.createVerifyData(asked))
        return { verified: true, verificationMethod }
      } catch (error) {
        return { verified: false, error }
      }
    },
  }
  return suite as unknown as LibrarySuite
}

async function secure(
  document: JsonObject,
  { created, key, ...options }: SecureOptions,
): Promise<JsonObject> {
  const chosen = options.mandatoryPointers?.length ? 'Its holders choose what they reveal.' : undefined
  const covers = options.previousProofs?.length ? 'A BBS+ proof covers no other proofs.' : undefined
  if (chosen ?? covers) throw new IssuerError('SIGNING_FAILED', { detail: chosen ?? covers ?? '' })
  return secureLinkedData(document, { ...options, suite: librarySuite(name, { key, created }) })
}

async function verify(secured: Secured, options: VerifyOptions): Promise<ProofVerdict> {
  const type = splitProof(secured)?.proof.type === derivedName ? derivedName : name
  return verifyRdfProof(secured, { ...options, type: name, suite: librarySuite(type) })
}

async function disclose(secured: Secured, options: DeriveOptions): Promise<JsonObject> {
  const proven = splitProof(secured)
  if (proven?.proof.type !== name) throw derivationFailure(`The credential has no proof of type ${name}.`)
  const { document, proof } = proven
  const { documentLoader, selectivePointers, nonce = randomBytes(32) } = options
  await requireContexts(document, documentLoader)
  const problem = pointersProblem(document, selectivePointers)
  if (problem !== undefined) throw derivationFailure(problem)
  const resolved = await options.resolveKey(asText(proof.verificationMethod))
  const publicKey = resolved && blsPublicKey(resolved.verificationMethod)
  if (!publicKey) throw derivationFailure('The key of the proof cannot be resolved.')
  const head = await proofStatements(proof, documentLoader)
  const { revealed, statements, places } = await inRdfThread(
    'plusDisclose',
    { document, selectivePointers },
    documentLoader,
  )
  const messages = plusMessages([...head, ...statements])
  if (!(await holds(messages, proof, publicKey)))
    throw derivationFailure('The proof of the credential does not hold.')
  const shown = [...head.keys(), ...places.map((place) => head.length + place)]
  const signature = octetsOf(proof.proofValue)
  const input = { signature, publicKey, messages, nonce: Uint8Array.from(nonce), revealed: shown }
  const derived = await inThread('bbs', 'proofGenPlus', input)
  const { '@context': _, ...members } = proof
  const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64')
  const values = { nonce: base64(nonce), proofValue: base64(derived) }
  return { ...revealed, proof: { ...members, type: derivedName, ...values } }
}

/**
 * The older BBS+ over every statement of a document, with derived proofs (BbsBlsSignatureProof2020), as
 * `@mattrglobal/jsonld-signatures-bbs` makes them. Only of data model 1.1: in 2.0 the end of a credential comes after
 * all that a proof has to show, so that a holder could hide it.
 */
export function bbsBlsSignature2020(termsUrl: string): Suite {
  return {
    name,
    format: 'data-integrity',
    keyTypes,
    dataModels: ['1.1'],
    contexts: () => [termsUrl, bbsBlsContext],
    recognises: (secured) => [name, derivedName].includes(asText(splitProof(secured)?.proof.type)),
    secure,
    verify,
    derive: (secured, options) => deriving(() => disclose(secured, options)),
  }
}
