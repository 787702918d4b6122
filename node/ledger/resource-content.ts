import { sha256 } from 'viem'
import { IssuerError } from '../errors.ts'
import type { Hex } from './ledger.ts'

/**
 * The content that the registration event of a resource gave, checked against the digest of its head.
 * @throws LEDGER_DATA_INVALID when there is none, or when it has another SHA-256
 */
export function readContent(key: Hex, digest: Hex, content: Hex | undefined): Hex {
  if (content === undefined || sha256(content) !== digest) {
    throw new IssuerError('LEDGER_DATA_INVALID', { facts: { key, digest, found: content !== undefined } })
  }
  return content
}
