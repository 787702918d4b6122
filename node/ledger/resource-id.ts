import type { SchemaName, StatusListName, StatusPurpose } from './ledger.ts'

const did = String.raw`(?<did>did:ethr:(?:0x[0-9a-f]+:)?(?<issuer>0x[0-9a-f]{40}))`
const part = String.raw`[!-"$&-.0-9;->@-~]{1,128}`
const schemaPattern = new RegExp(`^${did}/schema/(?<name>${part})/(?<version>${part})$`)
const statusListPattern = new RegExp(
  `^${did}/status/(?<purpose>revocation|suspension)/(?<number>0|[1-9][0-9]{0,9})$`,
)

/** Id of a JSON schema: `<did>/schema/<name>/<version>`, a DID URL (DID Core, 3.2). */
export function schemaId(issuerDid: string, name: string, version: string): string {
  return `${issuerDid}/schema/${name}/${version}`
}

/** The parts of a schema id, or undefined for any other string. */
export function parseSchemaId(id: string): (SchemaName & { issuerDid: string }) | undefined {
  const groups = schemaPattern.exec(id)?.groups
  if (!groups) return undefined
  return {
    kind: 'json-schema',
    issuerDid: groups.did as string,
    issuer: groups.issuer as `0x${string}`,
    name: groups.name as string,
    version: groups.version as string,
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
