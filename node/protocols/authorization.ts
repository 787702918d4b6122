import type { FastifyRequest } from 'fastify'
import type { Caller } from '../access/caller.ts'
import { requireScope } from '../access/caller.ts'
import { IssuerError } from '../errors.ts'
import type { HttpServer } from './protocol.ts'

/**
 * Puts a guard before every address: the key is looked up, then what the address asks for is checked, all before
 * the body is read. An address that does not say who may call it takes an administrator.
 */
export function guard(
  server: HttpServer,
  authenticate: (header: string | undefined) => Promise<Caller | undefined>,
): void {
  server.decorateRequest('caller', undefined)
  server.decorateRequest('isStillAllowed', async function isStillAllowed(this: FastifyRequest) {
    const caller = await authenticate(this.headers.authorization).catch((error) => {
      if (error instanceof IssuerError && error.code === 'TENANT_SUSPENDED') return undefined
      throw error
    })
    return caller !== undefined
  })
  server.addHook('onRequest', async (request) => {
    request.caller = await authenticate(request.headers.authorization)
  })
  server.addHook('preParsing', async (request, reply) => {
    const access = request.routeOptions.config.access
    // verifiers in a browser read lists and contexts from wherever they are
    if (access === 'public' && request.method === 'GET') reply.header('access-control-allow-origin', '*')
    if (!request.is404 && access !== 'public') requireScope(request.caller, access ?? 'keys:admin')
  })
}

/** Stops the start when an address that is added from now on does not say who may call it. */
export function demandAccess(server: HttpServer): void {
  server.addHook('onRoute', ({ config, method, url }) => {
    if (!config?.access) throw new Error(`${String(method)} ${url} does not declare its access.`)
  })
}
