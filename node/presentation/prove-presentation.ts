import { randomUUID } from 'node:crypto'
import { errorTable, IssuerError } from '../errors.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { PresentationContent, PresentationFormat, PresentedCredential } from '../formats/presentation.ts'
import type { DocumentLoader, Secured, Suite } from '../suites/suite.ts'
import { presentedContexts } from '../verification/presented-contexts.ts'
import { authenticationKey } from './authentication-key.ts'
import type { PresentationDeps } from './presentation-deps.ts'

interface Input {
  credentials: readonly unknown[]
  holderDid: string
  /** A suite's name. */
  proofType: string
  dataModel?: PresentationContent['dataModel']
  /** The presentation's own, a URL; a new one when left out. */
  id?: string
  /** Contexts besides those that data model and suite need. */
  contexts?: readonly string[]
  /** What the verifier asked for; goes into the proof. */
  challenge?: string
  domain?: string
}

interface Chosen {
  suite: Suite
  format: PresentationFormat
  dataModel: PresentationContent['dataModel']
}

/**
 * Presents credentials in the name of a DID of this node, with one of its authentication keys. Whether the credentials
 * hold is for the verifier to say.
 * @throws PROOF_TYPE_UNSUPPORTED, DATA_MODEL_UNSUPPORTED, DID_NOT_FOUND, AUTHENTICATION_KEY_MISSING, SIGNING_FAILED,
 * CLAIMS_NOT_EXPRESSIBLE for credentials that the suite cannot sign over, MALFORMED_REQUEST for what is no credential
 */
export async function provePresentation(deps: PresentationDeps, input: Input): Promise<Secured> {
  const { holderDid, challenge, domain } = input
  const found = input.credentials.map((credential, index) => openPresented(deps, credential, index))
  const chosen = choose(
    deps,
    input,
    found.map(({ opened }) => opened),
  )
  const key = await authenticationKey(deps, { suite: chosen.suite, holderDid })
  const document = chosen.format.construct({
    dataModel: chosen.dataModel,
    contexts: [...(input.contexts ?? []), ...chosen.suite.contexts(chosen.dataModel)],
    id: input.id ?? `urn:uuid:${randomUUID()}`,
    holderDid,
    credentials: found,
  })
  const signing = chosen.suite.secure(document, {
    key,
    created: deps.now(),
    documentLoader: await loaderOf(
      deps,
      found.map(({ opened }) => opened),
    ),
    purpose: 'authentication',
    ...(challenge !== undefined && { challenge }),
    ...(domain !== undefined && { domain }),
  })
  return signing.catch(refuseCredentials)
}

/**
 * The node made all of the presentation but its credentials: linked data cannot say what their contexts leave
 * undefined, such as the members of an EIP-712 proof, and no further context may be added to what is signed.
 */
function refuseCredentials(error: unknown): never {
  if (!(error instanceof IssuerError) || error.code !== 'SIGNING_FAILED') throw error
  if (error.message === errorTable.SIGNING_FAILED.title) throw error
  // without a cause it is a check that every suite makes
  const way =
    error.cause && 'A presentation with eddsa-jcs-2022, or in a token such as vc+jwt, may hold them.'
  const detail = [error.message, way ?? []].flat().join(' ')
  throw new IssuerError('CLAIMS_NOT_EXPRESSIBLE', { detail, cause: error })
}

/** @throws MALFORMED_REQUEST with pointers that start at the request */
function openPresented(
  { formats }: PresentationDeps,
  credential: unknown,
  index: number,
): PresentedCredential & { opened: OpenedCredential } {
  for (const format of formats) {
    const opened = format.open(credential)
    if (opened) return { opened, secured: opened.secured, mediaType: format.mediaType }
  }
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'A credential to be presented is of no supported format.',
    violations: [{ pointer: `/credentials/${index}`, message: 'must be a secured credential' }],
  })
}

/** An embedded proof with selective disclosure is for its holder alone until something is derived from it. */
const isForHolder = ({ format, derive }: Suite) => format === 'data-integrity' && derive !== undefined

/** A presentation of data model 1.1 holds credentials of that model alone, so it is made where all of them are. */
function choose(deps: PresentationDeps, input: Input, opened: readonly OpenedCredential[]): Chosen {
  const suite = deps.suites.find(({ name }) => name === input.proofType)
  const format = deps.presentationFormats.find(({ name }) => name === suite?.format)
  if (!suite || !format || isForHolder(suite)) {
    const able = deps.suites.filter(
      (each) => !isForHolder(each) && deps.presentationFormats.some(({ name }) => name === each.format),
    )
    const supported = able.map(({ name }) => name).join(', ')
    throw new IssuerError('PROOF_TYPE_UNSUPPORTED', { facts: { proofType: input.proofType, supported } })
  }
  if (format.presentsOneToken) return { suite, format, dataModel: '2.0' }
  const areOlder = opened.length > 0 && opened.every(({ facts }) => facts.dataModel === '1.1')
  const preferred = input.dataModel ?? (areOlder ? '1.1' : '2.0')
  const isFitting = preferred === '2.0' || areOlder || opened.length === 0
  if (!suite.dataModels.includes(preferred) || !isFitting) {
    throw new IssuerError('DATA_MODEL_UNSUPPORTED', {
      detail: `No presentation of data model ${preferred} can be made of these credentials with ${suite.name}.`,
      facts: { proofType: suite.name, dataModels: suite.dataModels.join(', ') },
    })
  }
  return { suite, format, dataModel: preferred }
}

async function loaderOf(
  deps: PresentationDeps,
  opened: readonly OpenedCredential[],
): Promise<DocumentLoader> {
  const { extra } = await presentedContexts(deps, opened)
  return deps.documentLoader({ extra })
}
