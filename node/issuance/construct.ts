import type { CredentialContent, StatusPlace } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { Subject } from './issuance.ts'
import type { CheckedTerms, PipelineDeps, StatusEntry } from './pipeline.ts'

export type ConstructDeps = Pick<
  PipelineDeps,
  'registryTerms' | 'statusListUrl' | 'credentialType' | 'holderKey'
>

export interface ConstructInput extends Subject {
  credentialId: string
  /** Undefined for a credential that nobody can revoke or suspend. */
  entry: StatusEntry | undefined
  /** The holder's DID document. */
  holder?: JsonObject | undefined
}

/** Makes unsecured credentials; what those of one request have in common is made once. */
export function createConstructor(
  deps: ConstructDeps,
  terms: Omit<CheckedTerms, 'key' | 'documentLoader'>,
): (input: ConstructInput) => JsonObject {
  const { issuer, schema, suite, format, dataModel } = terms
  const contexts = [...schema.contexts.map(({ url }) => url), ...suite.contexts(dataModel)]
  const encoded = terms.statusEncodings.flatMap((encoding) =>
    encoding.contexts(dataModel, deps.registryTerms),
  )
  const withStatus = [...contexts, ...encoded]
  const common = {
    dataModel,
    type: schema.type,
    issuer: { id: issuer.did, ...(issuer.name !== null && { name: issuer.name }) },
    validFrom: terms.validFrom,
    ...(terms.validUntil && { validUntil: terms.validUntil }),
    credentialSchema: schema.credentialSchema.reference,
    credentialType: deps.credentialType(schema),
  }
  return (input) => {
    const holderKey = format.bindsHolder && input.holder ? deps.holderKey(input.holder) : undefined
    return format.construct({
      ...common,
      id: input.credentialId,
      contexts: input.entry ? withStatus : contexts,
      holderDid: input.holderDid,
      claims: input.claims,
      ...statusOf(deps, terms, input.entry),
      ...(holderKey && { holderKey }),
    })
  }
}

/** What the encodings make of one status entry: entries of the document, and the `status` claim of a token. */
function statusOf(
  deps: Pick<PipelineDeps, 'statusListUrl'>,
  { purposes, statusEncodings }: Pick<CheckedTerms, 'purposes' | 'statusEncodings'>,
  entry: StatusEntry | undefined,
): Pick<CredentialContent, 'credentialStatus' | 'status'> {
  if (!entry) return { credentialStatus: [] }
  const position = { ...entry, purposes, urlOf: deps.statusListUrl }
  const of = (place: StatusPlace) =>
    statusEncodings.filter((encoding) => encoding.place === place).flatMap(({ entries }) => entries(position))
  const claims = of('claim')
  return {
    credentialStatus: of('entry'),
    ...(claims.length > 0 && { status: Object.assign({}, ...claims) }),
  }
}
