import type { OpenedCredential } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import { jcsBytes } from '../schemas/digest.ts'
import { checkSchema } from './check-schema.ts'
import type { VerificationDeps } from './verification.ts'

/** Contexts for a document that holds credentials: those that the schemas of all of them pin. */
export interface PresentedContexts {
  extra(url: string): Promise<JsonObject | undefined>
  /** Whether one was asked for in vain that a schema might pin which could not be read. */
  isMissing(): boolean
}

const areEqual = (a: JsonObject, b: JsonObject): boolean => Buffer.from(jcsBytes(a)).equals(jcsBytes(b))

/**
 * The contexts that presented credentials need: their schemas pin them, or their issuers have registered them. A URL that
 * two of their schemas or issuers pin to different bytes has no meaning in the document around them, and is not given.
 */
export async function presentedContexts(
  deps: Pick<VerificationDeps, 'ledger' | 'registeredContext'>,
  credentials: readonly OpenedCredential[],
): Promise<PresentedContexts> {
  const findings = await Promise.all(credentials.map(({ facts }) => checkSchema(deps, facts)))
  const documents = new Map<string, JsonObject | undefined>()
  for (const { url, document } of findings.flatMap(({ schema }) => schema?.contexts ?? [])) {
    const known = documents.has(url) ? documents.get(url) : document
    documents.set(url, known && document && areEqual(known, document) ? document : undefined)
  }
  const outage = findings.find((finding) => finding.outage)?.outage
  const isUnsure = findings.some(({ result }) => result.status === 'unknown')
  let missing = false
  return {
    extra: async (url) => {
      const document = documents.get(url) ?? (await registered(deps, credentials, url))
      if (document) return document
      missing ||= isUnsure
      if (outage) throw outage
      return undefined
    },
    isMissing: () => missing,
  }
}

async function registered(
  { registeredContext }: Pick<VerificationDeps, 'registeredContext'>,
  credentials: readonly OpenedCredential[],
  url: string,
): Promise<JsonObject | undefined> {
  const issuers = new Set(credentials.map(({ facts }) => facts.issuer))
  const found = await Promise.all([...issuers].map((issuer) => registeredContext?.(issuer, url)))
  const [first, ...others] = found.filter((document) => document !== undefined)
  return first && others.every((other) => areEqual(first, other)) ? first : undefined
}
