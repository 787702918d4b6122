import { IssuerError } from '../../../node/errors.ts'
import { constructDocument } from '../../../node/formats/credential-document.ts'
import { readFacts } from '../../../node/formats/credential-facts.ts'
import type { Format } from '../../../node/formats/format.ts'
import type { JsonObject } from '../../../node/json.ts'
import { resolveAssertionKey } from '../../../node/suites/assertion-key.ts'
import type { ProofVerdict, Suite } from '../../../node/suites/suite.ts'
import { verificationKey, verifySignature } from '../../../node/suites/verification-key.ts'

// A format that nobody has: four lines of text. It shows what a new one takes.

const salutation = 'Dear verifier,'

interface Letter {
  verificationMethod: string
  document: JsonObject
  signed: Buffer
  signature: Buffer
}

function readLetter(received: unknown): Letter | undefined {
  if (typeof received !== 'string' || received.length > 1_000_000) return undefined
  const [first, verificationMethod = '', body = '', signature = '', ...others] = received.split('\n')
  if (first !== salutation || others.length > 0) return undefined
  try {
    const document = JSON.parse(Buffer.from(body, 'base64url').toString())
    const signed = Buffer.from([first, verificationMethod, body].join('\n'))
    return { verificationMethod, document, signed, signature: Buffer.from(signature, 'base64url') }
  } catch (cause) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The letter cannot be read.', cause })
  }
}

/** A credential as a letter. */
export const letter: Format = {
  name: 'letter',
  mediaType: 'text/x-letter',
  construct: constructDocument,
  open: (received) => {
    const read = readLetter(received)
    if (!read) return undefined
    const { document } = read
    return { document, facts: readFacts(document), secured: received as string }
  },
  digestInput: (secured) => Buffer.from(secured as string),
}

async function verdictOn(
  { verificationMethod, document, signed, signature }: Letter,
  { resolveKey }: Parameters<Suite['verify']>[1],
): Promise<Omit<ProofVerdict, 'type'>> {
  const { issuer } = readFacts(document)
  const found = await resolveAssertionKey(resolveKey, { verificationMethod, issuer })
  if ('status' in found) return found
  const key = verificationKey(found.resolved.verificationMethod)
  if (key?.type === 'Ed25519' && verifySignature(key, signed, signature))
    return { status: 'pass', verificationMethod }
  return { status: 'fail', reason: 'The letter is not signed by its issuer.' }
}

/** Signs letters. */
export const signedLetter: Suite = {
  name: 'SignedLetter',
  format: 'letter',
  keyTypes: ['Ed25519'],
  dataModels: ['2.0'],
  contexts: () => [],
  recognises: (secured) => typeof secured === 'string' && secured.startsWith(`${salutation}\n`),
  secure: async (document, { key }) => {
    const body = Buffer.from(JSON.stringify(document)).toString('base64url')
    const text = [salutation, key.verificationMethod, body].join('\n')
    const signature = await key.signer.sign(Buffer.from(text))
    return `${text}\n${Buffer.from(signature).toString('base64url')}`
  },
  verify: async (secured, options) => {
    const read = readLetter(secured)
    if (!read) return { type: 'SignedLetter', status: 'fail', reason: 'This is no letter.' }
    return { type: 'SignedLetter', ...(await verdictOn(read, options)) }
  },
}
