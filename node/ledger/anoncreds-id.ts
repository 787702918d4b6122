import type { Address, SchemaName } from './ledger.ts'
import { decodePart, encodePart, segment } from './resource-id.ts'

// The form of ids is that of the Indy family (did:indy, 6 and following), with parts as path segments (RFC 3986, 3.3).
const did = (name: string) => `(?<${name}Did>did:ethr:(?:0x[0-9a-f]+:)?(?<${name}>0x[0-9a-f]{40}))`
const schemaPattern = new RegExp(
  `^${did('issuer')}/anoncreds/v0/SCHEMA/(?<name>${segment})/(?<version>${segment})$`,
)
const definitionPattern = new RegExp(
  `^${did('issuer')}/anoncreds/v0/CLAIM_DEF/${did('schema')}:(?<name>${segment}):(?<version>${segment})/(?<tag>${segment})$`,
)

/** What the id of an AnonCreds schema says. */
export interface AnonCredsSchemaName extends SchemaName {
  kind: 'anoncreds'
  schemaId: string
  issuerDid: string
}

/** What the id of a credential definition says. */
export interface CredentialDefinitionName {
  credDefId: string
  issuerDid: string
  issuer: Address
  tag: string
  schema: AnonCredsSchemaName
}

/** `<did>/anoncreds/v0/SCHEMA/<name>/<version>` */
export function anonCredsSchemaId(issuerDid: string, name: string, version: string): string {
  return `${issuerDid}/anoncreds/v0/SCHEMA/${encodePart(name)}/${encodePart(version)}`
}

/** The parts of the id of an AnonCreds schema, or undefined for any other string. */
export function parseAnonCredsSchemaId(id: string): AnonCredsSchemaName | undefined {
  const groups = schemaPattern.exec(id)?.groups
  return groups && schemaName(groups.issuerDid as string, groups.issuer as Address, groups)
}

function schemaName(
  issuerDid: string,
  issuer: Address,
  groups: Record<string, string>,
): AnonCredsSchemaName | undefined {
  const name = decodePart(groups.name as string)
  const version = decodePart(groups.version as string)
  if (name === undefined || version === undefined) return undefined
  const schemaId = anonCredsSchemaId(issuerDid, name, version)
  return { kind: 'anoncreds', schemaId, issuerDid, issuer, name, version }
}

/** `<did>/anoncreds/v0/CLAIM_DEF/<schemaIssuerDid>:<name>:<version>/<tag>` */
export function credentialDefinitionId(
  issuerDid: string,
  schema: Pick<AnonCredsSchemaName, 'issuerDid' | 'name' | 'version'>,
  tag: string,
): string {
  const of = `${schema.issuerDid}:${encodePart(schema.name)}:${encodePart(schema.version)}`
  return `${issuerDid}/anoncreds/v0/CLAIM_DEF/${of}/${encodePart(tag)}`
}

/** The parts of the id of a credential definition, or undefined for any other string. */
export function parseCredentialDefinitionId(id: string): CredentialDefinitionName | undefined {
  const groups = definitionPattern.exec(id)?.groups
  if (!groups) return undefined
  const schema = schemaName(groups.schemaDid as string, groups.schema as Address, groups)
  const tag = decodePart(groups.tag as string)
  if (!schema || tag === undefined) return undefined
  return {
    credDefId: id,
    issuerDid: groups.issuerDid as string,
    issuer: groups.issuer as Address,
    tag,
    schema,
  }
}
