import type { Issuer } from '../issuer.ts'
import type { HttpServer, Settings } from '../protocol.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the address answers `verified`, for input that is none too. */
    verifies?: boolean
  }
}

/** The addresses of one call of the VC API. */
export type Endpoint = (server: HttpServer, issuer: Issuer, settings: Settings) => void
