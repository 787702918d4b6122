import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Access, Caller } from '../access/caller.ts'
import { IssuerError } from '../errors.ts'
import type { Issuer } from './issuer.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call this address; every address says it. */
    access?: Access
    /** The body may take long to arrive. */
    longBody?: true
  }
  interface FastifyRequest {
    /** Undefined for a call without a valid API key. */
    caller: Caller | undefined
    /** Whether its key would be let in now, too: for answers that take long. */
    isStillAllowed(): Promise<boolean>
  }
}

/** The HTTP server, as protocols see it. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** Limits that a protocol's addresses choose from, in bytes. */
export interface Limits {
  bodyLimit: number
  batchBodyLimit: number
}

/** What protocols are told of the configuration. */
export interface Settings extends Limits {
  /** Where the W3C VC API is mounted. */
  vcApiPrefix: string
  /** False: it takes no key from this machine. */
  vcApiAuth: boolean
  /** Who issues by it where a credential names no issuer. */
  vcApiIssuer: string | undefined
}

/** One way to ask and receive. The list is in index.ts; adding one is one folder and one line. */
export interface Protocol {
  readonly name: string
  /** Adds the protocol's addresses; each declares `config.access`. */
  mount(server: HttpServer, issuer: Issuer, settings: Settings): void
}

/** The caller of an address that is not public. @throws UNAUTHORIZED */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new IssuerError('UNAUTHORIZED')
  return request.caller
}
