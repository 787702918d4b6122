import { concat, encodeAbiParameters, keccak256, parseAbiParameters } from 'viem'
import type { Hex, StatusListLedger } from './ledger.ts'

type Path = Omit<Parameters<StatusListLedger['rootOf']>[0], 'index'> & { index: number | bigint }

const leafParameters = parseAbiParameters('bytes32 key, uint256 index, bytes32 digest')

const pairHash = (a: Hex, b: Hex): Hex =>
  keccak256(concat(a.toLowerCase() < b.toLowerCase() ? [a, b] : [b, a]))

/** The root that a Merkle proof leads to, as IStatusListRegistry.registerEntries says: leaves hashed twice, pairs sorted. */
export function registrationRoot({ key, index, digest, proof }: Path): Hex {
  const leaf = keccak256(keccak256(encodeAbiParameters(leafParameters, [key, BigInt(index), digest])))
  return proof.reduce<Hex>(pairHash, leaf)
}
