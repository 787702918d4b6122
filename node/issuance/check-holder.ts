import { IssuerError } from '../errors.ts'
import type { PipelineDeps } from './pipeline.ts'

/**
 * Whether the holder's DID resolves.
 * @throws HOLDER_NOT_FOUND, DID_METHOD_UNSUPPORTED, CHAIN_UNREACHABLE
 */
export async function checkHolder(deps: Pick<PipelineDeps, 'facts'>, holderDid: string): Promise<void> {
  const resolved = await deps.facts.did(holderDid)
  if (!resolved) throw new IssuerError('HOLDER_NOT_FOUND', { facts: { did: holderDid } })
  if (resolved.deactivated)
    throw new IssuerError('HOLDER_NOT_FOUND', {
      detail: 'The holder DID has been deactivated.',
      facts: { did: holderDid },
    })
}
