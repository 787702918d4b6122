import * as z from 'zod'
import type { AnonCredsPresentation } from '../anoncreds/presentation.ts'
import { parsePresentationRequest } from '../anoncreds/presentation-request.ts'
import { IssuerError } from '../errors.ts'
import { inThread } from '../threads/in-thread.ts'
import type { AnonCredsResolver } from './anoncreds-resolver.ts'

/** What a verifier learns from a presentation: nothing but the reason unless it is verified. */
export interface AnonCredsOutcome {
  verified: boolean
  /** Why it is not verified. */
  reason?: string
  /** Raw values that issuers vouch for, by referent and attribute name. */
  revealed: Record<string, Record<string, string>>
  /** Referents that came from a credential, whose value is not shown. */
  unrevealed: string[]
  /** Values that the holder says itself, by referent. */
  selfAttested: Record<string, string>
  /** Referents of the predicates that hold. */
  predicates: string[]
  /** Schema and definition, so the issuer, of each credential. */
  credentials: { schemaId: string; credDefId: string }[]
}

interface Input {
  /** From the holder. */
  presentation: unknown
  /** As the verifier sent it. */
  request: unknown
  /** Takes the nonce of the request back, when nothing but the proof is left to be checked. */
  takeNonce?(): Promise<void>
}

/** Definitions of one presentation; each costs a look at the ledger and a proof. */
const mostCredentials = 16

const named = z.looseObject({
  identifiers: z
    .array(
      z.looseObject({ schema_id: z.string().min(1).max(1024), cred_def_id: z.string().min(1).max(1024) }),
    )
    .max(mostCredentials),
})

/**
 * Verifies a presentation of AnonCreds credentials against its request. Schemas and definitions are those of the
 * ledger: a presentation by others is not verified.
 * @throws MALFORMED_REQUEST, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE, NODE_BUSY, and what `takeNonce` throws
 */
export async function verifyAnonCreds(
  deps: { anonCreds: AnonCredsResolver },
  { presentation, request, takeNonce }: Input,
): Promise<AnonCredsOutcome> {
  const asked = parsePresentationRequest(request)
  const read = named.safeParse(presentation)
  if (!read.success)
    throw new IssuerError('MALFORMED_REQUEST', {
      violations: [{ pointer: '/presentation', message: 'must be an AnonCreds presentation' }],
    })
  const { identifiers } = read.data
  const resolved = await resolveAll(deps.anonCreds, identifiers)
  await takeNonce?.()
  if ('missing' in resolved) return { ...nothing(), reason: resolved.missing }
  const { verdict, shown } = await inThread('anoncreds', 'verifyPresentation', {
    ...{ presentation, request: asked },
    ...resolved,
  })
  const credentials = identifiers.map(({ schema_id, cred_def_id }) => ({
    schemaId: schema_id,
    credDefId: cred_def_id,
  }))
  // what is not proven is not shown beside what is
  if (!verdict.verified) return { ...nothing(), reason: verdict.reason, credentials }
  return { verified: true, ...readShown(asked, shown), credentials }
}

type Resolved = Pick<
  Parameters<typeof inThread<'anoncreds', 'verifyPresentation'>>[2],
  'schemas' | 'credentialDefinitions'
>

async function resolveAll(
  resolver: AnonCredsResolver,
  identifiers: readonly { schema_id: string; cred_def_id: string }[],
): Promise<Resolved | { missing: string }> {
  const schemaIds = [...new Set(identifiers.map(({ schema_id }) => schema_id))]
  const definitionIds = [...new Set(identifiers.map(({ cred_def_id }) => cred_def_id))]
  try {
    const [schemas, definitions] = await Promise.all([
      Promise.all(schemaIds.map(async (id) => [id, await resolver.schema(id)] as const)),
      Promise.all(definitionIds.map(async (id) => [id, await resolver.definition(id)] as const)),
    ])
    return {
      schemas: Object.fromEntries(schemas),
      credentialDefinitions: Object.fromEntries(definitions),
    }
  } catch (error) {
    if (!(error instanceof IssuerError) || error.status !== 404) throw error
    return { missing: 'The presentation names a schema or a definition that is not on this ledger.' }
  }
}

const nothing = (): AnonCredsOutcome => ({
  ...{ verified: false, revealed: {}, unrevealed: [], selfAttested: {}, predicates: [], credentials: [] },
})

function readShown(
  request: ReturnType<typeof parsePresentationRequest>,
  shown: AnonCredsPresentation['requested_proof'],
): Omit<AnonCredsOutcome, 'verified' | 'reason' | 'credentials'> {
  const single = Object.entries(shown.revealed_attrs).map(([referent, { raw }]) => [
    referent,
    { [request.requested_attributes[referent]?.name ?? referent]: raw },
  ])
  const groups = Object.entries(shown.revealed_attr_groups ?? {}).map(([referent, { values }]) => [
    referent,
    Object.fromEntries(Object.entries(values).map(([name, { raw }]) => [name, raw])),
  ])
  return {
    revealed: Object.fromEntries([...single, ...groups]),
    unrevealed: Object.keys(shown.unrevealed_attrs),
    selfAttested: { ...shown.self_attested_attrs },
    predicates: Object.keys(shown.predicates),
  }
}
