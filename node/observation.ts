import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'

/** Kinds of work that whoever watches the node is told of, with what is told of each. */
export interface ObservedWork {
  /** A question to the chain. */
  rpc: { method: string; rpcUrl: string }
  /** A write to the ledger, until it is mined; its result is one receipt or several. */
  transaction: { call: string }
  /** A registration of waiting entries, whose number is the result; `parents` are the requests that recorded them. */
  anchor: { anchorId: string; parents: readonly string[] }
  /** A step of the pipeline. */
  step: { name: string }
}

/** What a subscriber sees of a piece of work: its facts, and its outcome when it has ended. */
export type Observed<Kind extends keyof ObservedWork> = ObservedWork[Kind] & {
  result?: unknown
  error?: unknown
}

const channels: { [Kind in keyof ObservedWork]: TracingChannel<object> } = {
  rpc: tracingChannel('cartulary:rpc'),
  transaction: tracingChannel('cartulary:transaction'),
  anchor: tracingChannel('cartulary:anchor'),
  step: tracingChannel('cartulary:step'),
}

/** The channel (node:diagnostics_channel) on which a kind of work is told. */
export function observationChannel(kind: keyof ObservedWork): TracingChannel<object> {
  return channels[kind]
}

/** Does work of which subscribers are told; without any it costs one look. */
export function observed<T, Kind extends keyof ObservedWork>(
  kind: Kind,
  facts: ObservedWork[Kind],
  work: () => Promise<T>,
): Promise<T> {
  const told = channels[kind]
  return told.hasSubscribers ? told.tracePromise(work, { ...facts }) : work()
}

/** Does a step of the pipeline. */
export function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  return observed('step', { name }, work)
}

/** A statement that has ended. */
export interface DatabaseQuery {
  /** Without its values. */
  sql: string
  milliseconds: number
  failed: boolean
}

/** A connection of the pool that somebody has got. */
export interface DatabaseConnectionTaken {
  /** Milliseconds. */
  waited: number
  /** Connections of the pool, those nobody uses, and those who wait for one. */
  open: number
  idle: number
  waiting: number
}

/** Where it is told that somebody has got a connection of a pool. */
export const databasePoolChannel = channel('cartulary:database-pool')

/** Where statements of the database are told when they have ended. */
export const databaseChannel = channel('cartulary:database')
