import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hexToBytes } from 'viem'
import { generatePrivateKey, sign } from 'viem/accounts'
import type { DigestSigner } from '../node/keys/key-store.ts'
import { accountAddress } from '../node/ledger/account-address.ts'
import type { Address, Hex } from '../node/ledger/ledger.ts'

/** A digest signer over a private key in memory, with its address; a new key when none is given. */
export function digestSigner(privateKey: Hex = generatePrivateKey()): DigestSigner & { address: Address } {
  const publicKey = secp256k1.getPublicKey(hexToBytes(privateKey), true)
  return {
    keyRef: 'test',
    publicKey,
    address: accountAddress(publicKey),
    signDigest: async (digest) =>
      hexToBytes(await sign({ hash: `0x${Buffer.from(digest).toString('hex')}`, privateKey, to: 'hex' })),
  }
}

/** The first account that a Hardhat chain funds (of its public mnemonic). */
export const fundedKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
