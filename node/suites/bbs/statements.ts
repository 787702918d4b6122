import { createHash, createHmac } from 'node:crypto'
import { base64urlnopad } from '@scure/base'
import type { LabelNodes } from '../selective-disclosure/labelled-quads.ts'

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Names blank nodes b0, b1, … in an order that only the key tells, so that a name says nothing of what is hidden (the
 * operation createShuffledIdLabelMapFunction of Data Integrity BBS Cryptosuites 1.0, 3.2.1).
 */
export function shuffleLabels(hmacKey: Uint8Array): LabelNodes {
  return (canonical) => {
    const hashed = canonical.map((label) => {
      const hash = createHmac('sha256', hmacKey).update(label).digest()
      return [label, base64urlnopad.encode(hash)] as const
    })
    const places = new Map(
      hashed
        .map(([, hash]) => hash)
        .sort()
        .map((hash, place) => [hash, `b${place}`]),
    )
    return new Map(hashed.map(([label, hash]) => [label, places.get(hash) as string]))
  }
}

/** What BBS signs besides the messages: the hashes of the proof's options and of the mandatory statements. */
export function bbsHeader(proofOptions: string, mandatory: readonly string[]): Buffer {
  return Buffer.concat([sha256(proofOptions), sha256(mandatory.join(''))])
}

/** A statement as BBS signs it. */
export const toMessage = (statement: string): Uint8Array => Uint8Array.from(Buffer.from(statement))
