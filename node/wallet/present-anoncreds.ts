import { parsePresentationRequest } from '../anoncreds/anoncreds.ts'
import type { AnonCredsPresentation } from '../anoncreds/presentation.ts'
import type { PresentationRequest } from '../anoncreds/presentation-request.ts'
import { IssuerError } from '../errors.ts'
import type { WalletCredentialRow } from '../stores/wallet-credentials.ts'
import { inThread } from '../threads/in-thread.ts'
import { createPause } from '../time-slice.ts'
import { type Candidate, type Choice, checkRestrictions, chooseCredentials } from './choose-credentials.ts'
import { openSealed } from './held-credential.ts'
import { openLinkSecret } from './link-secret.ts'
import { defaultLinkSecret, type WalletDeps } from './wallet.ts'

/** What a holder presents. */
export interface AnonCredsPresenting {
  tenantId: string
  /** From the verifier. */
  presentationRequest: unknown
  /** Which credentials answer what; chosen here when left out. */
  credentials?: readonly Choice[] | undefined
  /** Values that no issuer vouches for, by referent. */
  selfAttested: Readonly<Record<string, string>>
  /** Referents whose values are not to be shown, where credentials are chosen here. */
  unrevealed: readonly string[]
  /** Where credentials are chosen here: those bound to the link secret of this name. */
  linkSecretName?: string | undefined
}

/** How many credentials are looked through, the newest first. */
const mostLookedThrough = 200

const impossible = (detail: string): IssuerError => new IssuerError('PRESENTATION_NOT_POSSIBLE', { detail })

/**
 * Answers a presentation request with credentials of the wallet.
 * @throws MALFORMED_REQUEST, CREDENTIAL_NOT_FOUND, PRESENTATION_NOT_POSSIBLE, CHAIN_UNREACHABLE, NODE_BUSY,
 *   KEY_STORE_UNAVAILABLE
 */
export async function presentAnonCreds(
  deps: WalletDeps,
  input: AnonCredsPresenting,
): Promise<AnonCredsPresentation> {
  const request = parsePresentationRequest(input.presentationRequest)
  const { tenantId, selfAttested } = input
  const { choices, linkSecretName } = input.credentials
    ? await readChoice(deps, tenantId, input.credentials)
    : await makeChoice(deps, input, request)
  checkRestrictions(request, choices)
  const credentials = await Promise.all(
    choices.map(async ({ candidate, attributes, predicates }) => ({
      ...{ credential: candidate.credential, attributes, predicates },
      credentialDefinition: await deps.anonCreds.definition(candidate.credential.cred_def_id),
    })),
  )
  const linkSecret =
    credentials.length === 0
      ? new TextEncoder().encode('"0"')
      : await openLinkSecret(deps, { tenantId, name: linkSecretName })
  try {
    return await inThread('anoncreds', 'createPresentation', {
      ...{ request, linkSecret, credentials, selfAttested },
    })
  } finally {
    linkSecret.fill(0)
  }
}

interface Chosen {
  choices: (Choice & { candidate: Candidate })[]
  linkSecretName: string
}

/** What the holder has chosen itself. */
async function readChoice(
  deps: WalletDeps,
  tenantId: string,
  credentials: readonly Choice[],
): Promise<Chosen> {
  const names = new Set<string>()
  const choices = await Promise.all(
    credentials.map(async (choice) => {
      const { credentialId } = choice
      const row = await deps.credentials.get(tenantId, credentialId)
      if (!row) throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
      names.add(row.link_secret_name)
      return { ...choice, candidate: await toCandidate(deps, row) }
    }),
  )
  if (names.size > 1) throw impossible('The credentials are bound to different link secrets.')
  const [linkSecretName = defaultLinkSecret] = names
  return { choices, linkSecretName }
}

async function makeChoice(
  deps: WalletDeps,
  { tenantId, selfAttested, unrevealed, linkSecretName = defaultLinkSecret }: AnonCredsPresenting,
  request: PresentationRequest,
): Promise<Chosen> {
  const { items } = await deps.credentials.list({ tenantId, limit: mostLookedThrough })
  const rows = items.filter((row) => row.link_secret_name === linkSecretName)
  const pause = createPause()
  const candidates: Candidate[] = []
  for (const row of rows) {
    await pause()
    candidates.push(await toCandidate(deps, row))
  }
  const choices = await chooseCredentials({
    ...{ request, candidates },
    selfAttested: new Set(Object.keys(selfAttested)),
    unrevealed: new Set(unrevealed),
  })
  const byId = new Map(candidates.map((candidate) => [candidate.credentialId, candidate]))
  return {
    linkSecretName,
    choices: choices.map((choice) => ({
      ...choice,
      candidate: byId.get(choice.credentialId) as Candidate,
    })),
  }
}

async function toCandidate(deps: WalletDeps, row: WalletCredentialRow): Promise<Candidate> {
  return {
    credentialId: row.credential_id,
    credential: openSealed(deps, row),
    schema: await deps.anonCreds.schema(row.schema_id),
    issuerId: row.issuer_id,
  }
}
