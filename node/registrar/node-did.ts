import { createDid, writePendingDid } from './create-did.ts'
import type { DidDeps } from './registrar.ts'

/**
 * The node's own DID, made at the first start; it owns the built-in schemas.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function requireNodeDid(deps: DidDeps, { name }: { name?: string } = {}): Promise<string> {
  const known = await deps.dids.ofNode()
  if (known?.state === 'active') return known.did
  if (known) return (await writePendingDid(deps, known)).did
  return (await createDid(deps, { method: 'ethr', keys: ['Ed25519'], name, origin: 'node' })).did
}
