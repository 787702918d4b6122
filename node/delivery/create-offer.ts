import { eventRow } from '../events/event.ts'
import { presentAct } from '../request-context.ts'
import { createToken, hashToken } from '../secret-token.ts'
import type { OfferStore } from '../stores/offers.ts'

/** An offer to collect one credential once. */
export interface Offer {
  token: string
  url: string
  /** ISO 8601, UTC. */
  expiresAt: string
}

/** Makes a one-time offer for a credential; the token is given this once and kept as a hash. */
export async function createOffer(
  deps: { offers: Pick<OfferStore, 'insert'>; offersUrl: string; now(): Date },
  input: { credentialId: string; expiresInSeconds: number },
): Promise<Offer> {
  const act = presentAct<Offer>('offer')
  if (act?.outcome) return act.outcome
  const token = createToken('')
  const createdAt = deps.now()
  const expiresAt = new Date(createdAt.getTime() + input.expiresInSeconds * 1000).toISOString()
  const offer = { token, url: `${deps.offersUrl}/${token}`, expiresAt }
  await deps.offers.insert({
    tokenHash: hashToken(token),
    credentialId: input.credentialId,
    createdAt: createdAt.toISOString(),
    expiresAt,
    event: eventRow({ type: 'offer.made', subject: input.credentialId, data: { expiresAt }, at: createdAt }),
    also: act && ((trx) => act.note(offer, trx)),
  })
  return offer
}
