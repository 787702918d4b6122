import type { Issuer } from '../issuer.ts'
import type { HttpServer, Limits } from '../protocol.ts'

/** The addresses of one resource of the REST API. */
export type Resource = (server: HttpServer, issuer: Issuer, limits: Limits) => void
