import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Format, OpenedCredential } from '../formats/format.ts'
import type { Hex } from '../ledger/ledger.ts'
import { parseStatusListId } from '../ledger/resource-id.ts'
import type { SigningEvidence } from '../suites/suite.ts'
import type { VerificationDeps } from './verification.ts'

type Deps = Pick<VerificationDeps, 'ledger' | 'formats' | 'findRegistration'>

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/i)
  .toLowerCase() as unknown as z.ZodType<Hex>

/** A list on the ledger has fewer than 2 ** 24 entries. */
const longestPath = 24

/** The parts of a registration's Merkle proof that a verifier needs; `GET /credentials/{id}/registration` gives it. */
export const registrationSchema = z.looseObject({
  statusListId: z.string().max(512),
  statusListIndex: z.number().int().min(0).max(0xffff_ffff),
  proof: z.array(hash).max(longestPath),
  transactionHash: hash,
})

export type ClaimedRegistration = z.infer<typeof registrationSchema>

/** When a transaction registered a credential. */
export interface Registration {
  /** ISO 8601, UTC: of the block. */
  time: string
  blockNumber: number
  transactionHash: Hex
}

/**
 * The registration that a Merkle proof shows; undefined when the ledger does not have it. Only the issuer and its
 * delegates write its lists, and the leaf holds the digest of the credential: its place in the list settles nothing.
 * @throws CHAIN_UNREACHABLE
 */
export async function checkRegistration(
  { ledger, formats }: Deps,
  { secured, facts }: OpenedCredential,
  claimed: ClaimedRegistration,
): Promise<Registration | undefined> {
  const name = parseStatusListId(claimed.statusListId)
  if (!name || name.issuerDid !== facts.issuer || ledger.identityOf(facts.issuer) !== name.issuer) {
    return undefined
  }
  const format = formats.find((candidate: Format) => opens(candidate, secured))
  if (!format) return undefined
  const digest: Hex = `0x${createHash('sha256').update(format.digestInput(secured)).digest('hex')}`
  const key = ledger.statusLists.keyOf(name)
  const { statusListIndex: index, proof, transactionHash } = claimed
  const root = ledger.statusLists.rootOf({ key, index, digest, proof })
  const registered = await ledger.statusLists.registrationInTransaction(key, transactionHash)
  const found = registered.find((registration) => registration.root === root)
  return found && { time: found.time, blockNumber: found.blockNumber, transactionHash }
}

function opens(format: Format, secured: unknown): boolean {
  try {
    return format.open(secured, { inlineContexts: true }) !== undefined
  } catch {
    return false
  }
}

/**
 * What shows how old a credential is, looked up when a key's history makes it matter: the registration that came with
 * it, or the one that this verifier knows of.
 */
export function signingEvidence(
  deps: Deps,
  credential: OpenedCredential,
  claimed: ClaimedRegistration | undefined,
): SigningEvidence {
  const { id, validFrom } = credential.facts
  let found: Promise<Registration | undefined> | undefined
  const look = async () => {
    const known = claimed ?? (id === undefined ? undefined : await deps.findRegistration?.(id))
    const { data } = registrationSchema.safeParse(known)
    return data && checkRegistration(deps, credential, data)
  }
  return {
    existedBefore: async (date) => {
      found ??= look()
      const registration = await found
      return registration !== undefined && Date.parse(registration.time) < date.getTime()
    },
    ...(validFrom === undefined ? {} : { startOfValidity: new Date(validFrom) }),
  }
}
