import type { SchemaName, StatusListName, StatusPurpose } from './ledger.ts'

const did = '(?<did>did:ethr:(?:0x[0-9a-f]+:)?(?<issuer>0x[0-9a-f]{40}))'
/** A part in a path. RFC 3986, 3.3: pchar without ":", which the registries refuse. */
export const segment = "(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-F]{2}){1,768}"
const schemaPattern = new RegExp(`^${did}/schema/(?<name>${segment})/(?<version>${segment})$`)
const statusListPattern = new RegExp(
  `^${did}/status/(?<purpose>revocation|suspension)/(?<number>0|[1-9][0-9]{0,9})$`,
)

// The rule of contracts/libraries/Resources.sol, requirePart.
const partPattern = /^[ !"$&-.0-9;->@-~]{1,256}$/

/** Whether the registries take a text as name or version: printable ASCII without `/ : ? # %`, 1 to 256 bytes. */
export function isResourcePart(text: string): boolean {
  return partPattern.test(text) && text !== '.' && text !== '..'
}

/** A part as a path segment: what is no pchar is percent-encoded, and nothing else, so that each part has one form. */
export function encodePart(part: string): string {
  return part.replace(/[ "<>[\\\]^`{|}]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The part that a path segment stands for, or undefined when it is not the one form of a part. */
export function decodePart(text: string): string | undefined {
  const part = text.replace(/%([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
  return isResourcePart(part) && encodePart(part) === text ? part : undefined
}

/** Id of a JSON schema: `<did>/schema/<name>/<version>`, a DID URL (DID Core, 3.2). */
export function schemaId(issuerDid: string, name: string, version: string): string {
  return `${issuerDid}/schema/${encodePart(name)}/${encodePart(version)}`
}

/** The parts of a schema id, or undefined for any other string. */
export function parseSchemaId(id: string): (SchemaName & { issuerDid: string }) | undefined {
  const groups = schemaPattern.exec(id)?.groups
  if (!groups) return undefined
  const name = decodePart(groups.name as string)
  const version = decodePart(groups.version as string)
  if (name === undefined || version === undefined) return undefined
  return {
    kind: 'json-schema',
    issuerDid: groups.did as string,
    issuer: groups.issuer as `0x${string}`,
    name,
    version,
  }
}

/** Id of a status list: `<did>/status/<purpose>/<number>`, a DID URL. */
export function statusListId(issuerDid: string, purpose: StatusPurpose, number: number): string {
  return `${issuerDid}/status/${purpose}/${number}`
}

/** The parts of a status list id, or undefined for any other string. */
export function parseStatusListId(id: string): (StatusListName & { issuerDid: string }) | undefined {
  const groups = statusListPattern.exec(id)?.groups
  if (!groups || Number(groups.number) > 0xffff_ffff) return undefined
  return {
    issuerDid: groups.did as string,
    issuer: groups.issuer as `0x${string}`,
    purpose: groups.purpose as StatusPurpose,
    number: Number(groups.number),
  }
}
