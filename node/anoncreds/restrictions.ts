import { normaliseName } from './attribute.ts'

/** What a restriction can ask about the credential behind an attribute or a predicate. */
export interface CredentialFacts {
  schemaId: string
  schemaIssuerId: string
  schemaName: string
  schemaVersion: string
  issuerId: string
  credentialDefinitionId: string
  /** Raw values that the presentation reveals, by normalised attribute name. */
  revealed: ReadonlyMap<string, string>
  /** Normalised names of all attributes of the credential. */
  attributes: ReadonlySet<string>
}

const deepest = 8
const most = 64

/** `attr::<name>::value` and `attr::<name>::marker`. */
const attributeTag = /^attr::([^:]+)::(value|marker)$/

/** Tags that name a fact, older names among them. */
const tags = {
  schema_id: ({ schemaId }: CredentialFacts) => schemaId,
  schema_issuer_did: ({ schemaIssuerId }: CredentialFacts) => schemaIssuerId,
  schema_issuer_id: ({ schemaIssuerId }: CredentialFacts) => schemaIssuerId,
  schema_name: ({ schemaName }: CredentialFacts) => schemaName,
  schema_version: ({ schemaVersion }: CredentialFacts) => schemaVersion,
  issuer_did: ({ issuerId }: CredentialFacts) => issuerId,
  issuer_id: ({ issuerId }: CredentialFacts) => issuerId,
  cred_def_id: ({ credentialDefinitionId }: CredentialFacts) => credentialDefinitionId,
} as const

/** Tags that must all match: to a text, or by `$neq` or `$in`; and `$and`, `$or`, `$not` over queries. */
type Query = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Query =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isList = <Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] =>
  Array.isArray(value) && value.length <= most && value.every(isItem)

const isText = (value: unknown): value is string => typeof value === 'string'

function isOperand(value: unknown): boolean {
  if (isText(value)) return true
  if (!isObject(value)) return false
  const [[operator, operand] = [], ...others] = Object.entries(value)
  if (others.length > 0) return false
  return operator === '$neq' ? isText(operand) : operator === '$in' && isList(operand, isText)
}

function isQuery(value: unknown, depth = 0): value is Query {
  if (!isObject(value) || depth > deepest || Object.keys(value).length > most) return false
  return Object.entries(value).every(([name, operand]) => {
    if (name === '$not') return isQuery(operand, depth + 1)
    if (name === '$and' || name === '$or') return isList(operand, (item) => isQuery(item, depth + 1))
    return (Object.hasOwn(tags, name) || attributeTag.test(name)) && isOperand(operand)
  })
}

/** Restrictions of a request: a query, or a list of which one must hold. */
export type Restrictions = Query | readonly Query[] | null | undefined

/** Whether this is understood in full; what is not would be a restriction that nobody checks. */
export function isRestrictions(value: unknown): value is Restrictions {
  if (value === undefined || value === null) return true
  return isQuery(value) || isList(value, (item) => isQuery(item))
}

/** Undefined when the presentation does not tell. */
function factOf(tag: string, facts: CredentialFacts): string | undefined {
  const [, attribute, kind] = attributeTag.exec(tag) ?? []
  if (attribute === undefined) return tags[tag as keyof typeof tags](facts)
  const name = normaliseName(attribute)
  if (kind === 'value') return facts.revealed.get(name)
  return facts.attributes.has(name) ? '1' : undefined
}

/** Undefined where it hangs on what is not revealed. */
function compare(tag: string, operand: unknown, facts: CredentialFacts): boolean | undefined {
  const fact = factOf(tag, facts)
  if (fact === undefined) return undefined
  if (isText(operand)) return fact === operand
  const { $neq, $in } = operand as { $neq?: string; $in?: string[] }
  return $in ? $in.includes(fact) : fact !== $neq
}

/** Three-valued, so that the opposite of what is hidden stays hidden. */
function every(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(false)) return false
  return values.includes(undefined) ? undefined : true
}

const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value)

function holds(query: Query, facts: CredentialFacts): boolean | undefined {
  return every(
    Object.entries(query).map(([name, operand]) => {
      if (name === '$not') return not(holds(operand as Query, facts))
      if (name !== '$and' && name !== '$or') return compare(name, operand, facts)
      const parts = (operand as Query[]).map((part) => holds(part, facts))
      return name === '$and' ? every(parts) : not(every(parts.map(not)))
    }),
  )
}

/** Whether a credential satisfies restrictions; what a presentation does not reveal satisfies none on its value. */
export function satisfies(restrictions: Restrictions, facts: CredentialFacts): boolean {
  if (isUnrestricted(restrictions)) return true
  return [restrictions as Query | readonly Query[]]
    .flat()
    .some((query) => holds(query as Query, facts) === true)
}

/** Whether anything will do, even a value that the holder attests itself. */
export function isUnrestricted(restrictions: Restrictions): boolean {
  return (
    [restrictions ?? []].flat().length === 0 ||
    (isObject(restrictions) && Object.keys(restrictions).length === 0)
  )
}
