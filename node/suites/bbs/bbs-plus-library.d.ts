// The types of the package speak of its native part, which is not used: what the suites use of its WebAssembly.

declare module '@mattrglobal/bbs-signatures/lib/wasm_module.js' {
  interface Signed {
    publicKey: Uint8Array
    messages: readonly Uint8Array[]
  }
  interface Verdict {
    verified: boolean
  }
  export function generateBls12381G2KeyPair(
    seed: Uint8Array,
  ): Promise<{ publicKey: Uint8Array; secretKey: Uint8Array }>
  export function blsSign(options: {
    keyPair: { secretKey: Uint8Array; publicKey: Uint8Array }
    messages: readonly Uint8Array[]
  }): Promise<Uint8Array>
  export function blsVerify(options: Signed & { signature: Uint8Array }): Promise<Verdict>
  export function blsCreateProof(
    options: Signed & { signature: Uint8Array; nonce: Uint8Array; revealed: readonly number[] },
  ): Promise<Uint8Array>
  export function blsVerifyProof(options: Signed & { proof: Uint8Array; nonce: Uint8Array }): Promise<Verdict>
}
