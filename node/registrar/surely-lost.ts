// A signed change of a DID counts for an hour (see the DID registry of node/ledger), and no request lives as long.
const lifetimeMs = 7_200_000

/** Whether what was recorded then (ISO 8601) and is not on the ledger now will never come there. */
export function isSurelyLost(createdAt: string, now: Date): boolean {
  return Date.parse(createdAt) < now.getTime() - lifetimeMs
}
