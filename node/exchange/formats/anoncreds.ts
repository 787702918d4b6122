import { z } from 'zod'
import type { AnonCredsHolder, AnonCredsIssuer } from '../../anoncreds/roles.ts'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { Attribute } from '../message.ts'
import type { ExchangeFormat, FormatContext, Saying } from './exchange-format.ts'
import { parseDetails } from './parse-details.ts'

const id = z.string().min(1).max(2_048)
const values = z.record(z.string().min(1).max(256), z.string().max(65_536))

const offerDetails = z.looseObject({
  /** A definition of this node, registered on the ledger. */
  cred_def_id: id,
  values,
})
const proposalDetails = z.strictObject({
  cred_def_id: id.optional(),
  schema_id: id.optional(),
  issuer_id: id.optional(),
  values: values.optional(),
})
const filter = z.looseObject({ cred_def_id: id.optional() })
const offerContent = z.looseObject({ schema_id: id, cred_def_id: id })
const acceptDetails = z.strictObject({ linkSecretName: z.string().min(1).max(256).optional() })
const object = z.looseObject({})
const keptSchema = z.strictObject({ sealedMetadata: z.string() })

interface Deps {
  issuer: AnonCredsIssuer
  holder: AnonCredsHolder
}

/** AnonCreds in steps, with the attachments of Aries RFC 0771. */
export function anonCredsFormat(deps: Deps): ExchangeFormat {
  return {
    name: 'anoncreds',
    attachments: {
      'propose-credential': 'anoncreds/credential-filter@v1.0',
      'offer-credential': 'anoncreds/credential-offer@v1.0',
      'request-credential': 'anoncreds/credential-request@v1.0',
      'issue-credential': 'anoncreds/credential@v1.0',
    },
    propose: (details) => {
      const { values: proposed, ...content } = parseDetails(proposalDetails, details)
      return { content: json(content), ...(proposed && { preview: previewOf(proposed) }) }
    },
    offer: ({ tenantId }, details) => offer(deps, tenantId, parseDetails(offerDetails, details)),
    request: async ({ tenantId, said }, { details }) => {
      const { linkSecretName } = parseDetails(acceptDetails, details)
      const asked = { tenantId, offer: said.offer?.content, linkSecretName }
      const { request, sealedMetadata } = await deps.holder.createRequest(asked)
      return { content: json(request), kept: { sealedMetadata } }
    },
    issue: async ({ tenantId, said }, settle) => {
      const [offered, request] = [said.offer?.content, said.request?.content]
      const credential = await deps.issuer.createCredential({
        ...{ tenantId, offer: offered, request },
        values: valuesOf(said.offer),
      })
      await settle({ content: json(credential), credentialId: null })
    },
    store: (context) => store(deps, context),
    read: {
      proposal: ({ content }) => void parseDetails(filter, content),
      // the DID of whoever registered a definition begins its id (AnonCreds methods of the Indy family)
      offer: ({ content }) => ({ issuerDid: issuerOf(parseDetails(offerContent, content).cred_def_id) }),
      request: ({ content }) => void parseDetails(offerContent.pick({ cred_def_id: true }).loose(), content),
      issued: ({ content }) => void parseDetails(object, content),
    },
  }
}

const json = (value: object): JsonObject => JSON.parse(JSON.stringify(value))
const issuerOf = (credDefId: string): string => credDefId.split('/', 1)[0] as string
const previewOf = (raw: Readonly<Record<string, string>>): Attribute[] =>
  Object.entries(raw).map(([name, value]) => ({ name, value }))
const valuesOf = (saying: Saying | undefined): Record<string, string> =>
  Object.fromEntries((saying?.preview ?? []).map(({ name, value }) => [name, value]))

async function offer(deps: Deps, tenantId: string, asked: z.output<typeof offerDetails>) {
  const { cred_def_id: credDefId, values: raw } = asked
  await deps.issuer.checkValues({ tenantId, credDefId, values: raw })
  const offered = await deps.issuer.createOffer({ tenantId, credDefId })
  return { content: json(offered), preview: previewOf(raw), issuerDid: issuerOf(credDefId) }
}

/** @throws CREDENTIAL_NOT_AS_OFFERED for other values or another definition, and what the holder's part throws */
async function store({ holder }: Deps, { tenantId, said, kept }: FormatContext) {
  const credential = said.issued?.content
  if (!isAsOffered(said.offer, credential)) throw new IssuerError('CREDENTIAL_NOT_AS_OFFERED')
  const { sealedMetadata } = parseDetails(keptSchema, kept)
  const request = said.request?.content
  const stored = await holder.processCredential({ tenantId, credential, request, sealedMetadata })
  return {
    credentialId: stored.credentialId,
    insert: (trx: Parameters<AnonCredsHolder['insert']>[0]) => holder.insert(trx, stored),
  }
}

function isAsOffered(offered: Saying | undefined, credential: JsonObject | undefined): boolean {
  const issued = Object(credential?.values) as Record<string, { raw?: unknown } | undefined>
  const promised = offered?.preview ?? []
  return (
    credential?.cred_def_id === offered?.content.cred_def_id &&
    promised.every(({ name, value }) => Object.hasOwn(issued, name) && issued[name]?.raw === value)
  )
}
