/**
 * Lengths of AnonCreds v1 in bits (AnonCreds specification, appendix on parameters; anoncreds-clsignatures-rs 0.3 where
 * the text leaves one open). A tilde is a blinding value, a hat the response that hides a secret behind it.
 */
export const lengths = {
  linkSecret: 256,
  nonce: 80,
  /** v′, the holder's blinding of the link secret. */
  vPrime: 2128,
  vPrimeTilde: 673,
  /** v″, the issuer's part; its highest bit is set. */
  vPrimePrime: 2724,
  mTildeOfRequest: 593,
  mTilde: 592,
  eTilde: 456,
  vTilde: 3060,
  m2Tilde: 2432,
  /** The randomisers of A and of the commitments to a predicate. */
  randomiser: 2128,
  uTilde: 592,
  rTilde: 672,
  alphaTilde: 2787,
  challenge: 256,
} as const

/** e is a prime in [2^596, 2^596 + 2^119]. */
export const eStart = 1n << 596n
export const eRange = 1n << 119n

/** Bits of the primes of a new key; the modulus has twice as many. OpenSSL builds of the reference make 1,025. */
export const primeBits = 1025

/** Moduli that are accepted from others. */
export const modulusBits = { least: 2046, most: 4096 } as const
