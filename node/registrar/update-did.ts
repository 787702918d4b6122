import { IssuerError, type Violation } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { JsonObject } from '../json.ts'
import type { DidChange } from '../ledger/ledger.ts'
import { applyChanges } from './apply-changes.ts'
import { validity } from './assertion-key.ts'
import type { DidDeps, DidDocument } from './registrar.ts'
import { requireControlledDid, requireDid } from './require-did.ts'

/** A service of a DID document; the ledger holds its type in the name of an attribute, so it is short. */
interface DidService {
  /** 1 to 24 letters and digits. */
  type: string
  serviceEndpoint: string
}

interface Changes {
  did: string
  /** Null removes it; undefined leaves it. */
  name?: string | null | undefined
  addServices?: readonly DidService[] | undefined
  removeServices?: readonly DidService[] | undefined
}

/**
 * Changes the name that the node knows a DID by, and the services of its document. Services that are there already, or
 * not there to be removed, need no transaction.
 * @throws MALFORMED_REQUEST, DID_NOT_FOUND, ISSUER_DEACTIVATED; for services DID_NOT_CONTROLLED,
 * DID_METHOD_UNSUPPORTED, CHAIN_UNREACHABLE too
 */
export async function updateDid(
  deps: DidDeps,
  input: Changes,
): Promise<{ did: string; document: DidDocument; transactionHash: string | null }> {
  const { did, name, addServices = [], removeServices = [] } = input
  checkServices([...addServices, ...removeServices])
  const services = addServices.length + removeServices.length > 0
  const stored = services ? await requireControlledDid(deps, did) : await requireDid(deps, did)
  const changes = services ? serviceChanges(await resolve(deps, did), { addServices, removeServices }) : []
  const receipt = changes.length > 0 ? await applyChanges(deps, stored, changes) : undefined
  const event = eventRow({
    type: 'did.updated',
    subject: did,
    data: {
      renamed: name !== undefined,
      services: changes.length,
      transactionHash: receipt?.transactionHash ?? null,
    },
    at: deps.now(),
  })
  if (name !== undefined || receipt) await deps.dids.update(did, { name, event })
  return { did, document: await resolve(deps, did), transactionHash: receipt?.transactionHash ?? null }
}

async function resolve(deps: DidDeps, did: string): Promise<DidDocument> {
  const resolved = await deps.resolveDid(did)
  if (!resolved) throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
  return resolved.document
}

function checkServices(services: readonly DidService[]): void {
  const violations: Violation[] = services
    .filter(({ type }) => !/^[A-Za-z0-9]{1,24}$/.test(type))
    .map(() => ({ pointer: '/addServices', message: 'must have types of 1 to 24 letters and digits' }))
  if (violations.length > 0) throw new IssuerError('MALFORMED_REQUEST', { violations })
}

function serviceChanges(
  document: DidDocument,
  {
    addServices,
    removeServices,
  }: { addServices: readonly DidService[]; removeServices: readonly DidService[] },
): DidChange[] {
  const removed = removeServices.filter((service) => has(document, service))
  const added = addServices.filter((service) => !has(document, service))
  return [
    ...removed.map((service): DidChange => ({ kind: 'revokeAttribute', ...attribute(service) })),
    ...added.map((service): DidChange => ({ kind: 'setAttribute', ...attribute(service), validity })),
  ]
}

function attribute({ type, serviceEndpoint }: DidService): { name: string; value: Uint8Array } {
  return { name: `did/svc/${type}`, value: new TextEncoder().encode(serviceEndpoint) }
}

function has(document: DidDocument, { type, serviceEndpoint }: DidService): boolean {
  const services = Array.isArray(document.service) ? (document.service as JsonObject[]) : []
  return services.some(
    (service) => service.type === type && endpointText(service.serviceEndpoint) === normal(serviceEndpoint),
  )
}

// Resolution gives a JSON endpoint as the value it stands for.
function endpointText(endpoint: unknown): string {
  return typeof endpoint === 'string' ? endpoint : JSON.stringify(endpoint)
}

function normal(endpoint: string): string {
  try {
    return endpointText(JSON.parse(endpoint))
  } catch {
    return endpoint
  }
}
