import { defaultTenant, requestContext } from './request-context.ts'

/** Callers without a key share a part of what there is, so that they cannot keep out the others. */
export const anonymousShare = 0.25

/** What one tenant may have of what the others leave; whoever runs the node may have all of it. */
export const shareOf = (tenantId: string): number => (tenantId === defaultTenant ? 1 : 0.75)

/** The tenant for which the present work is done; undefined for a caller without a key. */
export function presentTenant(): string | undefined {
  const { actor, tenantId } = requestContext()
  return actor === 'anonymous' ? undefined : tenantId
}
