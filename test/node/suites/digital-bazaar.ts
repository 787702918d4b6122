import * as dataIntegrity from '@digitalbazaar/data-integrity'
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import { verifyCredential } from '@digitalbazaar/vc'
import type { JsonObject } from '../../../node/json.ts'
import type { KeyType } from '../../../node/keys/key-store.ts'

/** A suite of Digital Bazaar, called bare: the judge of ours. */
interface LibraryJudge {
  keyTypes: readonly KeyType[]
  /** Whether one document and key always give one signature. */
  deterministic: boolean
  verifier(): unknown
  signer(signer: LibrarySigner, date: Date): unknown
}

function judge(cryptosuites: { sign: unknown; verify: unknown }, keyTypes: readonly KeyType[]): LibraryJudge {
  return {
    keyTypes,
    deterministic: keyTypes.includes('Ed25519'),
    verifier: () => new dataIntegrity.DataIntegrityProof({ cryptosuite: cryptosuites.verify }),
    signer: (signer, date) =>
      new dataIntegrity.DataIntegrityProof({ cryptosuite: cryptosuites.sign, signer, date }),
  }
}

const both = (library: { createSignCryptosuite(): unknown; createVerifyCryptosuite(): unknown }) => ({
  sign: library.createSignCryptosuite(),
  verify: library.createVerifyCryptosuite(),
})

/** Digital Bazaar's suites by our names for them. */
export const digitalBazaar: Readonly<Record<string, LibraryJudge>> = {
  Ed25519Signature2020: {
    keyTypes: ['Ed25519'],
    deterministic: true,
    verifier: () => new Ed25519Signature2020(),
    signer: (signer, date) => new Ed25519Signature2020({ signer, date }),
  },
  'eddsa-rdfc-2022': judge({ sign: eddsaRdfc, verify: eddsaRdfc }, ['Ed25519']),
  'eddsa-jcs-2022': judge(both(eddsaJcs), ['Ed25519']),
  'ecdsa-rdfc-2019': judge({ sign: ecdsaRdfc, verify: ecdsaRdfc }, ['P-256', 'P-384']),
  'ecdsa-jcs-2019': judge(both(ecdsaJcs), ['P-256', 'P-384']),
}

/** What Digital Bazaar's verifyCredential says of a credential, by the library of its proof. Status is not looked at. */
export function verifyThere(
  credential: JsonObject,
  documentLoader: (url: string) => Promise<unknown>,
  now?: Date,
): Promise<LibraryVerdict> {
  const { type, cryptosuite } = credential.proof as Record<string, string>
  return verifyCredential({
    credential,
    suite: digitalBazaar[cryptosuite ?? (type as string)]?.verifier(),
    documentLoader,
    checkStatus: async () => ({ verified: true }),
    ...(now && { now }),
  })
}
