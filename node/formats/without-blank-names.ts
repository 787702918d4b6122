import type { Json, JsonObject } from '../json.ts'

/** How derived proofs of BbsBlsSignature2020 name a node to which its issuer gave no id. */
const blankName = /^urn:bnid:_:c14n\d+$/

const isBlankName = (name: string, member: Json | undefined): boolean =>
  (name === 'id' || name === '@id') && typeof member === 'string' && blankName.test(member)

/** Claims without the ids that only a proof gives to their nodes: a schema does not know of them. */
export function withoutBlankNames<Value extends Json>(value: Value): Value {
  if (Array.isArray(value)) return value.map((item) => withoutBlankNames(item as Json)) as unknown as Value
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value as JsonObject).filter(([name, member]) => !isBlankName(name, member))
  return Object.fromEntries(
    members.map(([name, member]) => [name, withoutBlankNames(member as Json)]),
  ) as Value
}
