import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { SchemaName } from '../ledger/ledger.ts'
import { schemaId as idOf } from '../ledger/resource-id.ts'
import { requestContext } from '../request-context.ts'
import { compileValidator } from '../schemas/compile-validator.ts'
import { deriveContext } from '../schemas/derive-context.ts'
import { collectFacets } from '../schemas/describe-terms.ts'
import { hexDigest, jcsBytes, sriDigest } from '../schemas/digest.ts'
import { definesTerm, inlineContextViolations } from '../schemas/inline-context.ts'
import { parseJsonSchema } from '../schemas/json-schema.ts'
import { type SchemaContext, serializeSchemaDocument } from '../schemas/schema-document.ts'
import { ownProperties } from '../schemas/subschemas.ts'
import type { PublishedContext } from '../stores/contexts.ts'
import type { NewSchemaRecord } from '../stores/schemas.ts'
import type { RegistrarDeps } from './registrar.ts'

/** A context that a schema brings: the URL of a bundled one, or a document `{"@context": …}`. */
type GivenContext = string | JsonObject

/** A schema to be registered. */
export interface NewSchema {
  name: string
  version: string
  issuerDid: string
  /** JSON Schema 2020-12 of the claims. */
  jsonSchema: JsonObject
  /** The credential type; made of the name when left out. */
  type?: string | undefined
  /** Derived from the JSON Schema when left out. */
  context?: GivenContext | readonly GivenContext[] | undefined
  /** A short name of the id, unique in this node. */
  alias?: string | undefined
  restricted?: boolean | undefined
}

/** A schema as the ledger and the records will hold it. */
export interface BuiltSchema {
  ledgerName: SchemaName
  content: Uint8Array
  record: NewSchemaRecord
  /** Contexts that this node has to publish. */
  contexts: readonly PublishedContext[]
}

type Deps = Pick<RegistrarDeps, 'ledger' | 'publicUrl' | 'bundledContexts'>

// One segment of a DID URL path without percent-encoding (RFC 3986, 2.3 unreserved), and no dot segment.
const part = /^[A-Za-z0-9_][A-Za-z0-9._~-]{0,127}$/
const typeName = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/

/**
 * Makes all of a schema that does not depend on the ledger.
 * @throws SCHEMA_INVALID with every violation, ISSUER_NOT_FOUND
 */
export function buildSchema(deps: Deps, input: NewSchema): BuiltSchema {
  const { name, version, issuerDid, jsonSchema } = input
  const issuer = deps.ledger.identityOf(issuerDid)
  if (!issuer) throw new IssuerError('ISSUER_NOT_FOUND', { facts: { did: issuerDid } })
  const type = input.type ?? typeOf(name)
  const violations = nameViolations(input, type)
  if (violations.length > 0) throw new IssuerError('SCHEMA_INVALID', { violations })
  parseJsonSchema(jsonSchema)
  compileValidator(jsonSchema)
  const schemaId = idOf(issuerDid, name, version)
  const { contexts, published } = contextsOf(deps, { ...input, schemaId, type })
  const content = serializeSchemaDocument({ type, contexts, jsonSchema })
  const ledgerName: SchemaName = { kind: 'json-schema', issuer, name, version }
  const record = {
    schemaId,
    key: deps.ledger.schemas.keyOf(ledgerName),
    issuerDid,
    name,
    version,
    type,
    alias: input.alias ?? null,
    tenantId: requestContext().tenantId,
    content: new TextDecoder().decode(content),
    digest: `0x${hexDigest(content)}`,
    restricted: input.restricted ?? false,
  }
  return { ledgerName, content, record, contexts: published }
}

/** `university-degree` gives `UniversityDegreeCredential`. */
function typeOf(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const type = words.map((word) => (word[0] as string).toUpperCase() + word.slice(1)).join('')
  return type.endsWith('Credential') ? type : `${type}Credential`
}

function nameViolations({ name, version, alias }: NewSchema, type: string): Violation[] {
  const message = 'must be at most 128 letters, digits, or . _ ~ -, beginning with a letter, a digit or _'
  const found: Violation[] = []
  if (!part.test(name)) found.push({ pointer: '/name', message })
  if (!part.test(version)) found.push({ pointer: '/version', message })
  if (alias !== undefined && !part.test(alias)) found.push({ pointer: '/alias', message })
  if (!typeName.test(type)) {
    found.push({ pointer: '/type', message: 'must be letters, digits, - and _, beginning with a letter' })
  }
  return found
}

interface Named extends NewSchema {
  schemaId: string
  type: string
}

interface Contexts {
  contexts: readonly SchemaContext[]
  published: readonly PublishedContext[]
}

function contextsOf(deps: Deps, input: Named): Contexts {
  if (input.context === undefined) {
    const { document } = deriveContext(input)
    const context = publish(deps, document)
    return { contexts: [{ url: context.url, digest: context.sri }], published: [context] }
  }
  const given = Array.isArray(input.context) ? input.context : [input.context as GivenContext]
  const pointerAt = (index: number) => (Array.isArray(input.context) ? `/context/${index}` : '/context')
  const violations = [
    ...given.flatMap((context, index) => givenViolations(deps, context, pointerAt(index))),
    ...ownContextViolations(input, given),
  ]
  if (violations.length > 0) throw new IssuerError('SCHEMA_INVALID', { violations })
  const inline = new Map(
    given
      .filter((context) => typeof context !== 'string')
      .map((context) => [context, publish(deps, context)]),
  )
  const contexts = given.map((context): SchemaContext => {
    if (typeof context === 'string')
      return { url: context, digest: digestOf(deps.bundledContexts.get(context)) }
    const { url, sri } = inline.get(context) as ReturnType<typeof publish>
    return { url, digest: sri, document: context }
  })
  return { contexts, published: [...inline.values()] }
}

function publish({ publicUrl }: Deps, document: JsonObject): PublishedContext & { sri: string } {
  const bytes = jcsBytes(document)
  const digest = hexDigest(bytes)
  const url = `${publicUrl}/api/v1/contexts/${digest}.jsonld`
  return { digest, url, document: new TextDecoder().decode(bytes), sri: sriDigest(bytes) }
}

const digestOf = (document: JsonObject | undefined): string => sriDigest(jcsBytes(document ?? {}))

function givenViolations({ bundledContexts }: Deps, context: GivenContext, pointer: string): Violation[] {
  if (typeof context !== 'string') return inlineContextViolations(context, pointer)
  if (bundledContexts.has(context)) return []
  const message = 'must be a context that this node has: none is fetched. Give the document itself instead'
  return [{ pointer, message }]
}

function ownContextViolations({ jsonSchema, type }: Named, given: readonly GivenContext[]): Violation[] {
  const found: Violation[] = []
  const facets = collectFacets(jsonSchema, [jsonSchema]) ?? []
  if (facets.some((facet) => ownProperties(facet).some(([name]) => name === 'id'))) {
    const message = 'must not be a claim: it is the DID of the holder'
    found.push({ pointer: '/jsonSchema/properties/id', message })
  }
  const documents = given.filter((context) => typeof context !== 'string')
  const defined = documents.some((document) => definesTerm(document, type) || definesTerm(document, '@vocab'))
  if (documents.length === given.length && !defined) {
    found.push({ pointer: '/context', message: `must define the credential type ${type}` })
  }
  return found
}
