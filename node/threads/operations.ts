import { operations as anoncreds } from '../anoncreds/operations.ts'
import { operations as bbs } from '../suites/bbs/operations.ts'
import { operations as rdf } from '../suites/rdf/operations.ts'
import type { operations as signing } from '../suites/signing/operations.ts'

/**
 * What threads compute, by the folder whose it is: whatever would keep the event loop for more than a few milliseconds.
 * Adding one is one function in the list of its folder.
 */
export const operations: Omit<Operations, 'signing'> = { anoncreds, bbs, rdf }

/** The same, and what threads of their own sign: those load nothing else. */
export interface Operations {
  anoncreds: typeof anoncreds
  bbs: typeof bbs
  rdf: typeof rdf
  signing: typeof signing
}

/** A call, as it crosses the border of a thread. */
export interface Call {
  folder: keyof Operations
  name: string
  input: unknown
}
