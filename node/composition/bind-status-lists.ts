import { createMemo } from '../issuance/memo.ts'
import { createStatusListPublisher } from '../issuance/publish-status-list.ts'
import { tokenListIds } from '../issuance/token-list-ids.ts'
import type { Wiring } from '../issuer.ts'
import type { Issuer } from '../protocols/issuer.ts'

/** How long the addresses of all lists hold: anybody may ask for them, and each issuer takes a question. */
const addressesMs = 10_000

/** How long others may keep a status list. */
const listMaxAgeSeconds = 60

/** Binds the publication of status lists. */
export function bindStatusLists({ config, foundation, stores, pipeline, allIssuers }: Wiring) {
  const addressesOf = async (issuerDid?: string) =>
    (await tokenListIds({ ...pipeline, ...stores, issuers: allIssuers }, issuerDid)).map(
      (id) => `${pipeline.statusListUrl(id)}/token`,
    )
  const all = createMemo({ limit: 1, ttlMs: addressesMs, load: () => addressesOf() })
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
    statusListAddresses: ({ issuerDid }) =>
      issuerDid === undefined ? all.get('all') : addressesOf(issuerDid),
  } satisfies Partial<Issuer>
}
