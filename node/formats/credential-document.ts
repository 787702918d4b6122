import { contextViolations } from '../documents/embedded-context.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { W3cDataModel } from '../suites/suite.ts'
import type { CredentialContent } from './format.ts'

/** First context of a credential, by version of the data model. */
export const dataModelContexts = {
  '1.1': 'https://www.w3.org/2018/credentials/v1',
  '2.0': 'https://www.w3.org/ns/credentials/v2',
} as const satisfies Record<W3cDataModel, string>

/** Keywords of JSON-LD that a claim's value may use: those of a text with a language. */
const valueKeywords = new Set(['@value', '@language', '@direction'])

/** The same few dates stand in all credentials of a batch, where to write them anew took 1.4 µs of each. */
const written = new WeakMap<Date, string>()

/** ISO 8601 in UTC, without a fraction of a second. */
function dateTime(date: Date): string {
  const text = written.get(date) ?? `${date.toISOString().slice(0, 19)}Z`
  written.set(date, text)
  return text
}

const single = <Item>(items: readonly Item[]): Item | readonly Item[] | undefined =>
  items.length > 1 ? items : items[0]

function claimsViolations({ claims, holderDid }: CredentialContent): Violation[] {
  const violations: Violation[] = contextViolations({ claims })
  if (claims.id !== undefined && claims.id !== holderDid) {
    violations.push({ pointer: '/claims/id', message: 'must be the DID of the holder' })
  }
  for (const name of Object.keys(claims)) {
    if (name.startsWith('@') && name !== '@context' && !valueKeywords.has(name)) {
      violations.push({ pointer: `/claims/${name}`, message: 'must not be a keyword of JSON-LD' })
    }
  }
  return violations
}

function validity({ dataModel, validFrom, validUntil }: CredentialContent): JsonObject {
  const [from, until] =
    dataModel === '1.1'
      ? (['issuanceDate', 'expirationDate'] as const)
      : (['validFrom', 'validUntil'] as const)
  return { [from]: dateTime(validFrom), ...(validUntil ? { [until]: dateTime(validUntil) } : {}) }
}

/**
 * The unsecured document of the W3C data model 1.1 or 2.0.
 * @throws SCHEMA_VALIDATION_FAILED when the claims name another subject or bring contexts of their own
 */
export function constructDocument(content: CredentialContent): JsonObject {
  const { dataModel, issuer, claims, holderDid } = content
  const violations = claimsViolations(content)
  if (violations.length > 0) throw new IssuerError('SCHEMA_VALIDATION_FAILED', { violations })
  const credentialStatus = single(content.credentialStatus)
  return {
    '@context': [...new Set([dataModelContexts[dataModel as W3cDataModel], ...content.contexts])],
    id: content.id,
    type: [...new Set(['VerifiableCredential', content.type])],
    issuer: issuer.name === undefined ? issuer.id : { id: issuer.id, name: issuer.name },
    ...validity(content),
    credentialSubject: { id: holderDid, ...claims },
    ...(credentialStatus === undefined ? {} : { credentialStatus }),
    credentialSchema: content.credentialSchema,
  }
}
