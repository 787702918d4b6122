import type { FastifyRequest } from 'fastify'
import type { Caller, Scope } from '../../access/caller.ts'
import { defaultTenant } from '../../request-context.ts'

const scopes: readonly Scope[] = [
  ...(['credentials:issue', 'credentials:read', 'credentials:revoke', 'presentations:create'] as const),
]

const loopbackAddress = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const loopbackHost = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i

/** Headers that a proxy adds: then the request may come from anywhere. */
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/**
 * Who calls without a key where the configuration asks for none: a program on this machine. A page in a browser of this
 * machine is none, whatever name its site gives to this address.
 */
export function loopbackCaller({ headers, socket }: FastifyRequest): Caller | undefined {
  if (!loopbackAddress.test(socket.remoteAddress ?? '')) return undefined
  if (!loopbackHost.test(headers.host ?? '')) return undefined
  if (headers.origin !== undefined || forwarding.some((name) => headers[name] !== undefined)) return undefined
  return { keyId: 'loopback', tenantId: defaultTenant, scopes, issuers: '*' }
}
