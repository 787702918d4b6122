import {
  blsCreateProof,
  blsSign,
  blsVerify,
  blsVerifyProof,
} from '@mattrglobal/bbs-signatures/lib/wasm_module.js'
import { sha256Ciphersuite } from './ciphersuite.ts'
import { proofGen, proofVerify } from './proof.ts'
import { type PrivateKey, sign, verify } from './signature.ts'

type Input<Operation extends (suite: typeof sha256Ciphersuite, ...rest: never) => unknown> =
  Parameters<Operation>[1]

interface SignInput {
  key: PrivateKey
  header: Uint8Array
  messages: readonly Uint8Array[]
}

/** The private part of a key that came to this thread is overwritten when it has signed. */
async function withKey<Result>({ privateKey }: PrivateKey, make: () => Result): Promise<Awaited<Result>> {
  try {
    return await make()
  } finally {
    privateKey.fill(0)
  }
}

/**
 * What threads do for the suites: BBS by the ciphersuite BLS12-381-SHA-256, and the older BBS+ by its WebAssembly. That
 * keeps what it signs with in its memory until other data come to lie there.
 */
export const operations = {
  sign: ({ key, ...signed }: SignInput) => withKey(key, () => sign(sha256Ciphersuite, key, signed)),
  verify: (input: Input<typeof verify>) => verify(sha256Ciphersuite, input),
  proofGen: (input: Input<typeof proofGen>) => proofGen(sha256Ciphersuite, input),
  proofVerify: (input: Input<typeof proofVerify>) => proofVerify(sha256Ciphersuite, input),
  signPlus: ({ key, messages }: Omit<SignInput, 'header'>) =>
    withKey(key, () =>
      blsSign({ keyPair: { secretKey: key.privateKey, publicKey: key.publicKey }, messages }),
    ),
  verifyPlus: async (input: Parameters<typeof blsVerify>[0]) => (await blsVerify(input)).verified,
  proofGenPlus: (input: Parameters<typeof blsCreateProof>[0]) => blsCreateProof(input),
  proofVerifyPlus: async (input: Parameters<typeof blsVerifyProof>[0]) =>
    (await blsVerifyProof(input)).verified,
}
