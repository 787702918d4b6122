import { IssuerError, type Violation } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { JsonObject } from '../json.ts'
import { hexDigest, jcsBytes, sriDigest } from '../schemas/digest.ts'
import { inlineContextViolations } from '../schemas/inline-context.ts'
import type { RegistrarDeps } from './registrar.ts'
import { requireDid } from './require-did.ts'

/** A context pinned by its digest. */
export interface RegisteredContext {
  url: string
  /** SHA-256 of its JCS bytes (RFC 8785), as subresource integrity writes it. */
  digestSRI: string
  /** Where this node publishes the same bytes, under their digest. */
  published: string
}

type Deps = Pick<RegistrarDeps, 'dids' | 'contexts' | 'bundledContexts' | 'publicUrl' | 'now'>

/**
 * Pins a URL to a JSON-LD context for the credentials of one issuer: its bytes never change, nothing is fetched, and no
 * other issuer's credentials are read by it.
 * @throws MALFORMED_REQUEST with every violation, CONTEXT_ALREADY_EXISTS, QUOTA_EXCEEDED, DID_NOT_FOUND,
 * ISSUER_DEACTIVATED
 */
export async function registerContext(
  deps: Deps,
  { issuerDid, url, document }: { issuerDid: string; url: string; document: JsonObject },
): Promise<RegisteredContext> {
  const violations = [...urlViolations(deps, url), ...inlineContextViolations(document, '/document')]
  if (violations.length > 0) throw new IssuerError('MALFORMED_REQUEST', { violations })
  await requireDid(deps, issuerDid)
  const bytes = jcsBytes(document)
  const digest = hexDigest(bytes)
  const published = `${deps.publicUrl}/api/v1/contexts/${digest}.jsonld`
  const pinned = await deps.contexts.register({
    issuerDid,
    registeredUrl: url,
    createdAt: deps.now().toISOString(),
    event: eventRow({
      type: 'context.registered',
      subject: issuerDid,
      data: { url, digest },
      at: deps.now(),
    }),
    ...{ digest, url: published, document: new TextDecoder().decode(bytes) },
  })
  if (!pinned) throw new IssuerError('CONTEXT_ALREADY_EXISTS', { facts: { url } })
  return { url, digestSRI: sriDigest(bytes), published }
}

function urlViolations({ bundledContexts, publicUrl }: Deps, url: string): Violation[] {
  const refuse = (message: string) => [{ pointer: '/url', message }]
  if (url.length > 2_048 || !URL.canParse(url) || !/^https?:\/\/[!-~]+$/.test(url)) {
    return refuse('must be an http(s) URL of at most 2048 characters')
  }
  if (bundledContexts.has(url)) return refuse('is a context that every node has')
  // such a URL says itself which bytes it stands for
  if (url.startsWith(`${publicUrl}/`) || /\/contexts\/[0-9a-f]{64}\.jsonld$/.test(url)) {
    return refuse('must not be an address of this node, nor name a digest')
  }
  return []
}
