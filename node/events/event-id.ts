import { randomBytes } from 'node:crypto'

const counterBits = 12
let last = { time: 0, counter: 0 }

/**
 * An id for an event: UUID version 7 (RFC 9562, 5.7) with a counter (6.2, method 1), so that ids made one after the
 * other in this process sort in that order.
 */
export function eventId(): string {
  const now = Date.now()
  if (now > last.time) last = { time: now, counter: 0 }
  // a full counter, or a clock that was set back, borrows from the milliseconds to come
  else if (last.counter + 1 < 2 ** counterBits) last = { time: last.time, counter: last.counter + 1 }
  else last = { time: last.time + 1, counter: 0 }
  const bytes = randomBytes(16)
  bytes.writeUIntBE(last.time, 0, 6)
  bytes.writeUInt16BE(0x7000 | last.counter, 6)
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
