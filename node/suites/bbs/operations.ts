import { sha256Ciphersuite } from './ciphersuite.ts'
import { proofGen, proofVerify } from './proof.ts'
import { sign, verify } from './signature.ts'

type Input<Operation extends (suite: typeof sha256Ciphersuite, ...rest: never) => unknown> =
  Parameters<Operation>[1]

/** What a worker does for the suites: the operations of BLS12-381-SHA-256 that take tens of milliseconds. */
export const operations = {
  sign: ({ key, signed }: { key: Parameters<typeof sign>[1]; signed: Parameters<typeof sign>[2] }) => {
    const signature = sign(sha256Ciphersuite, key, signed)
    key.privateKey.fill(0)
    return signature
  },
  verify: (input: Input<typeof verify>) => verify(sha256Ciphersuite, input),
  proofGen: (input: Input<typeof proofGen>) => proofGen(sha256Ciphersuite, input),
  proofVerify: (input: Input<typeof proofVerify>) => proofVerify(sha256Ciphersuite, input),
}

export type Operations = typeof operations
export type OperationName = keyof Operations

/** A call, as it crosses the border of a thread. */
export interface Call {
  id: number
  name: OperationName
  input: never
}

/** Its answer; an error crosses as its message. */
export type Answer = { id: number } & ({ result: unknown } | { error: string })
