import type { Ciphersuite } from '../../../../node/suites/bbs/ciphersuite.ts'
import { Fr, toInteger } from '../../../../node/suites/bbs/octets.ts'
import type { RandomScalars } from '../../../../node/suites/bbs/proof.ts'

/** The "random" scalars of the test vectors (draft-irtf-cfrg-bbs-signatures, Mocked Random Scalars). */
export function mockedScalars(suite: Ciphersuite, seed: Uint8Array): RandomScalars {
  return (count) => {
    const uniform = suite.expandMessage(seed, `${suite.apiId}MOCK_RANDOM_SCALARS_DST_`, 48 * count)
    return Array.from({ length: count }, (_, i) =>
      Fr.create(toInteger(uniform.subarray(48 * i, 48 * (i + 1)))),
    )
  }
}
