import type { JsonLimits } from './measure-json.ts'

/** Limits of the claims about one subject. */
export const claimsLimits: JsonLimits = { depth: 16, values: 5_000, bytes: 262_144 }
