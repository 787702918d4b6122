import type { Address } from './ledger.ts'

const pattern = /^did:ethr:0x(?<chain>[1-9a-f][0-9a-f]{0,12}):(?<identity>0x[0-9a-f]{40})$/

/** The DID of an identity: `did:ethr:<chain id in hex>:<lower-case address>`. */
export function ethrDid(chainId: number, identity: Address): string {
  return `did:ethr:0x${chainId.toString(16)}:${identity.toLowerCase()}`
}

/** The identity of a did:ethr of this chain; undefined for any other string, also for other spellings of it. */
export function ethrIdentity(chainId: number, did: string): Address | undefined {
  const groups = pattern.exec(did)?.groups
  if (!groups || Number.parseInt(groups.chain as string, 16) !== chainId) return undefined
  return groups.identity as Address
}
