// Digital Bazaar's libraries bring no types: what the tests compare with.

declare module '@digitalbazaar/bbs-signatures' {
  interface Common {
    publicKey: Uint8Array
    header: Uint8Array
    ciphersuite: string
  }
  export const CIPHERSUITES: { BLS12381_SHA256: string }
  export function sign(
    options: Common & { secretKey: Uint8Array; messages: readonly Uint8Array[] },
  ): Promise<Uint8Array>
  export function deriveProof(
    options: Common & {
      signature: Uint8Array
      presentationHeader: Uint8Array
      messages: readonly Uint8Array[]
      disclosedMessageIndexes: readonly number[]
    },
  ): Promise<Uint8Array>
  export function verifyProof(
    options: Common & {
      proof: Uint8Array
      presentationHeader: Uint8Array
      disclosedMessages: readonly Uint8Array[]
      disclosedMessageIndexes: readonly number[]
    },
  ): Promise<boolean>
}

declare module '@digitalbazaar/bbs-2023-cryptosuite' {
  export function createSignCryptosuite(options: { mandatoryPointers: readonly string[] }): unknown
  export function createDiscloseCryptosuite(options: { selectivePointers: readonly string[] }): unknown
  export function createVerifyCryptosuite(): unknown
}
