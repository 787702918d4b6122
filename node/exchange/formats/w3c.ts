import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { IssuerError } from '../../errors.ts'
import type { OpenedCredential } from '../../formats/format.ts'
import type { IssuanceTerms, IssuedCredential, Subject } from '../../issuance/issuance.ts'
import type { SignedCredential } from '../../issuance/record.ts'
import type { JsonObject } from '../../json.ts'
import { parseSecured } from '../../secured-text.ts'
import type { Database } from '../../stores/database.ts'
import type { ReceivedCredentialStore } from '../../stores/received-credentials.ts'
import type { DataModel, Secured } from '../../suites/suite.ts'
import type { CheckResult } from '../../verification/verification.ts'
import type { ExchangeFormat, FormatContext } from './exchange-format.ts'
import { parseDetails } from './parse-details.ts'

/** What the W3C formats of the node stand on in an exchange. */
export interface W3cDeps {
  issue(
    request: IssuanceTerms & Subject & { also?: (trx: Database, signed: SignedCredential) => Promise<void> },
  ): Promise<IssuedCredential>
  /** The id that an alias of a schema stands for. */
  schemaIdOf(alias: string): Promise<string | undefined>
  /** A presentation of nothing: a proof that its maker holds the DID's key. */
  prove(input: Possession & { proofType: string }): Promise<Secured>
  /** Whether such a proof holds, and whose it is. */
  checkPossession(
    input: Omit<Possession, 'holderDid'> & { presentation: unknown },
  ): Promise<{ holder: string | null; proof: CheckResult }>
  open(received: unknown): OpenedCredential | undefined
  verify(received: {
    credential: Secured
    proofType: string
  }): Promise<{ proof: CheckResult; issuer: CheckResult }>
  received: Pick<ReceivedCredentialStore, 'insert'>
  now(): Date
}

interface Possession {
  holderDid: string
  challenge: string
  domain: string
}

const did = z
  .string()
  .max(2_048)
  .regex(/^did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]$/, 'must be a DID')
const time = z.iso.datetime({ offset: true })
const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>

const offerSchema = z.strictObject({
  schemaId: z.string().min(1).max(2_048),
  issuerDid: did,
  claims: jsonObject,
  holderDid: did.optional(),
  proofType: z.string().max(64).default('Ed25519Signature2020'),
  dataModel: z.enum(['1.1', '2.0']).optional(),
  validFrom: time.optional(),
  expirationDate: time.optional(),
  revocable: z.boolean().default(true),
  suspendable: z.boolean().default(false),
  statusEncodings: z.array(z.string().max(64)).max(8).optional(),
  mandatoryPointers: z.array(z.string().max(1_024)).max(64).optional(),
})
type Offer = z.output<typeof offerSchema>

const proposalSchema = z.strictObject({
  ...offerSchema.shape,
  issuerDid: did.optional(),
  proofType: z.string().max(64).optional(),
  revocable: z.boolean().optional(),
  suspendable: z.boolean().optional(),
})

const acceptSchema = z.strictObject({
  holderDid: did,
  proofType: z.string().max(64).default('eddsa-jcs-2022'),
})

const requestSchema = z.strictObject({ holderDid: did, possession: z.union([jsonObject, z.string()]) })
const issuedSchema = z.looseObject({ credential: z.union([jsonObject, z.string().min(1)]) })

/** The W3C formats of the node, issued in steps: the pipeline is that of every other credential. */
export function w3cFormat(deps: W3cDeps): ExchangeFormat {
  return {
    name: 'w3c',
    attachments: {
      'propose-credential': 'cartulary/w3c-credential-proposal@v1.0',
      'offer-credential': 'cartulary/w3c-credential-offer@v1.0',
      'request-credential': 'cartulary/w3c-credential-request@v1.0',
      'issue-credential': 'cartulary/w3c-credential@v1.0',
    },
    propose: (details) => ({ content: json(parseDetails(proposalSchema, details)) }),
    offer: (_context, details) => offer(deps, parseDetails(offerSchema, details)),
    request: async (context, { details, actsFor }) => {
      const { holderDid, proofType } = parseDetails(acceptSchema, details)
      actsFor(holderDid)
      const { issuerDid } = offerOf(context)
      const challenge = context.threadId
      const possession = await deps.prove({ holderDid, proofType, challenge, domain: issuerDid })
      return { content: { holderDid, possession } }
    },
    issue: (context, settle) => issue(deps, context, settle),
    store: (context) => store(deps, context),
    read: {
      proposal: ({ content }) => void parseDetails(proposalSchema, content),
      offer: ({ content }) => ({ issuerDid: parseDetails(offerSchema, content).issuerDid }),
      request: ({ content }) => void parseDetails(requestSchema, content),
      issued: ({ content }) => void parseDetails(issuedSchema, content),
    },
  }
}

const json = (value: object): JsonObject => JSON.parse(JSON.stringify(value))
const offerOf = ({ said }: FormatContext): Offer => parseDetails(offerSchema, said.offer?.content ?? {})
const requestOf = ({ said }: FormatContext) => parseDetails(requestSchema, said.request?.content ?? {})

function termsOf(offered: Offer): IssuanceTerms & Pick<Subject, 'claims'> {
  const { schemaId, issuerDid, claims, proofType, revocable, suspendable } = offered
  const { dataModel, validFrom, expirationDate, statusEncodings, mandatoryPointers } = offered
  return {
    ...{ schemaId, issuerDid, claims, proofType, revocable, suspendable, dryRun: false },
    ...(dataModel && { dataModel: dataModel satisfies DataModel }),
    ...(validFrom && { validFrom: new Date(validFrom) }),
    ...(expirationDate && { expirationDate: new Date(expirationDate) }),
    ...(statusEncodings && { statusEncodings }),
    ...(mandatoryPointers && { mandatoryPointers }),
  }
}

/** Everything that can be checked without a holder is: the issuer stands in for one that is not known yet. */
async function offer(deps: W3cDeps, asked: Offer) {
  const schemaId = (await deps.schemaIdOf(asked.schemaId)) ?? asked.schemaId
  const { holderDid = asked.issuerDid } = asked
  await deps.issue({ ...termsOf(asked), holderDid, dryRun: true })
  return { content: json({ ...asked, schemaId }), issuerDid: asked.issuerDid }
}

/** @throws HOLDER_NOT_PROVEN, and what the pipeline throws */
async function issue(
  deps: W3cDeps,
  context: FormatContext,
  settle: Parameters<ExchangeFormat['issue']>[1],
): Promise<void> {
  const offered = offerOf(context)
  const { holderDid, possession } = requestOf(context)
  if (offered.holderDid !== undefined && offered.holderDid !== holderDid)
    throw new IssuerError('HOLDER_NOT_PROVEN', { detail: 'The offer was for another holder.' })
  const { holder, proof } = await deps.checkPossession({
    presentation: possession,
    challenge: context.threadId,
    domain: offered.issuerDid,
  })
  if (proof.status === 'unknown') throw new IssuerError('CHAIN_UNREACHABLE')
  if (proof.status === 'fail' || holder !== holderDid)
    throw new IssuerError('HOLDER_NOT_PROVEN', { facts: { holderDid, reason: proof.reason ?? null } })
  await deps.issue({
    ...{ ...termsOf(offered), holderDid },
    also: (trx, { credentialId, secured }) =>
      settle({ content: { credential: parseSecured(secured.text) }, credentialId }, trx),
  })
}

/** @throws CREDENTIAL_NOT_AS_OFFERED, CHAIN_UNREACHABLE when that cannot be said yet */
async function store(deps: W3cDeps, context: FormatContext) {
  const offered = offerOf(context)
  const { holderDid } = requestOf(context)
  const { credential } = parseDetails(issuedSchema, context.said.issued?.content ?? {})
  const opened = deps.open(credential)
  const { issuer, subjects = [], id } = opened?.facts ?? {}
  const [subject] = subjects
  const isAsOffered =
    issuer === offered.issuerDid &&
    subject?.id === holderDid &&
    Object.entries(offered.claims).every(([name, value]) => isDeepStrictEqual(subject[name], value))
  if (!isAsOffered) throw new IssuerError('CREDENTIAL_NOT_AS_OFFERED')
  const checks = Object.values(await deps.verify({ credential, proofType: offered.proofType }))
  const failed = checks.find(({ status }) => status === 'fail')
  if (failed)
    throw new IssuerError('CREDENTIAL_NOT_AS_OFFERED', { detail: failed.reason ?? 'It does not verify.' })
  if (checks.some(({ status }) => status === 'unknown')) throw new IssuerError('CHAIN_UNREACHABLE')
  const secured = typeof credential === 'string' ? credential : JSON.stringify(credential)
  const credentialId = id ?? `urn:sha256:${createHash('sha256').update(secured).digest('hex')}`
  const row = {
    credential_id: credentialId,
    tenant_id: context.tenantId,
    connection_id: context.connectionId,
    holder_did: holderDid,
    issuer_did: offered.issuerDid,
    secured,
    received_at: deps.now().toISOString(),
  }
  return { credentialId, insert: (trx: Database) => deps.received.insert(trx, row) }
}
