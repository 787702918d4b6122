import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import { hashToken } from '../secret-token.ts'
import type { OfferStore } from '../stores/offers.ts'

/**
 * Uses up a token and gives the id of its credential: of any number of simultaneous calls, one succeeds.
 *
 * @throws OFFER_NOT_FOUND when the token is unknown, used or expired
 */
export async function collectOffer(
  deps: { offers: Pick<OfferStore, 'collect'>; now(): Date },
  token: string,
): Promise<string> {
  const at = deps.now()
  const credentialId = await deps.offers.collect(hashToken(token), at.toISOString(), (credential) =>
    eventRow({
      type: 'offer.collected',
      subject: credential.credentialId,
      data: { issuerDid: credential.issuerDid },
      at,
      tenantId: credential.tenantId,
    }),
  )
  if (credentialId === undefined) throw new IssuerError('OFFER_NOT_FOUND')
  return credentialId
}
