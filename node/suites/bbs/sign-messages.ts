import { IssuerError } from '../../errors.ts'
import type { SignMessages } from '../../keys/key-store.ts'
import { inThread } from '../../threads/in-thread.ts'
import { maxMessages } from './generators.ts'

/**
 * What the keys of type Bls12381G2 sign with. The thread that signs gets a copy of the private key and overwrites it.
 * @throws SIGNING_FAILED for more than `maxMessages`
 */
export const signMessages: SignMessages = async (key, { scheme, header, messages }) => {
  if (messages.length > maxMessages) {
    const detail = `The document makes ${messages.length} statements; BBS signatures have up to ${maxMessages}.`
    throw new IssuerError('SIGNING_FAILED', { detail })
  }
  return scheme === 'BBS'
    ? inThread('bbs', 'sign', { key, header, messages })
    : inThread('bbs', 'signPlus', { key, messages })
}
