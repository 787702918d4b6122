import { createStatusListPublisher } from '../issuance/publish-status-list.ts'
import { tokenListIds } from '../issuance/token-list-ids.ts'
import type { Wiring } from '../issuer.ts'
import type { Issuer } from '../protocols/issuer.ts'

/** How long others may keep a status list. */
const listMaxAgeSeconds = 60

/** Binds the publication of status lists. */
export function bindStatusLists({ config, foundation, stores, pipeline, allIssuers }: Wiring) {
  const listsUrl = `${config.publicUrl}/api/v1/status-lists`
  return {
    statusList: createStatusListPublisher({
      ...pipeline,
      issuers: allIssuers,
      ledger: foundation.ledger,
      documentLoader: pipeline.documentLoader({ extra: async () => undefined }),
      aggregationUrl: (issuerDid) => `${listsUrl}?issuerDid=${encodeURIComponent(issuerDid)}`,
      maxAgeSeconds: listMaxAgeSeconds,
    }),
    statusListAddresses: async ({ issuerDid }) =>
      (await tokenListIds({ ...pipeline, ...stores, issuers: allIssuers }, issuerDid)).map(
        (id) => `${pipeline.statusListUrl(id)}/token`,
      ),
  } satisfies Partial<Issuer>
}
