import type { JsonObject } from '../json.ts'
import type { Subject } from './issuance.ts'
import type { CheckedTerms, PipelineDeps, StatusEntry } from './pipeline.ts'

/** The unsecured credential; `entry` is undefined for one that nobody can revoke or suspend. */
export function construct(
  deps: Pick<PipelineDeps, 'statusEncoding' | 'statusListUrl'>,
  terms: CheckedTerms,
  input: Subject & { credentialId: string; entry: StatusEntry | undefined },
): JsonObject {
  const { issuer, schema, suite, format, dataModel } = terms
  const { entry } = input
  const credentialStatus = entry
    ? terms.purposes.map((purpose) =>
        deps.statusEncoding.entry({
          statusListId: entry.lists[purpose],
          statusListUrl: deps.statusListUrl(entry.lists[purpose]),
          purpose,
          index: entry.index,
        }),
      )
    : []
  return format.construct({
    dataModel,
    id: input.credentialId,
    contexts: [
      ...schema.contexts.map(({ url }) => url),
      ...suite.contexts(dataModel),
      ...(entry ? deps.statusEncoding.contexts(dataModel) : []),
    ],
    type: schema.type,
    issuer: { id: issuer.did, ...(issuer.name !== null && { name: issuer.name }) },
    holderDid: input.holderDid,
    claims: input.claims,
    validFrom: terms.validFrom,
    ...(terms.validUntil && { validUntil: terms.validUntil }),
    credentialStatus,
    credentialSchema: schema.credentialSchema.reference,
  })
}
