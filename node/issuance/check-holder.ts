import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { PipelineDeps } from './pipeline.ts'

/**
 * The holder's DID document.
 * @throws HOLDER_NOT_FOUND, DID_METHOD_UNSUPPORTED, CHAIN_UNREACHABLE
 */
export async function checkHolder(deps: Pick<PipelineDeps, 'facts'>, holderDid: string): Promise<JsonObject> {
  const resolved = await deps.facts.did(holderDid)
  if (!resolved) throw new IssuerError('HOLDER_NOT_FOUND', { facts: { did: holderDid } })
  if (resolved.deactivated)
    throw new IssuerError('HOLDER_NOT_FOUND', {
      detail: 'The holder DID has been deactivated.',
      facts: { did: holderDid },
    })
  return resolved.document
}
