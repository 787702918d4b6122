import type { JsonObject } from '../../json.ts'

const security = 'https://w3id.org/security#'

const proof = (name: string): JsonObject => ({
  '@id': security + name,
  '@context': {
    '@version': 1.1,
    '@protected': true,
    id: '@id',
    type: '@type',
    challenge: `${security}challenge`,
    created: {
      '@id': 'http://purl.org/dc/terms/created',
      '@type': 'http://www.w3.org/2001/XMLSchema#dateTime',
    },
    domain: `${security}domain`,
    proofValue: `${security}proofValue`,
    nonce: `${security}nonce`,
    proofPurpose: {
      '@id': `${security}proofPurpose`,
      '@type': '@vocab',
      '@context': {
        '@version': 1.1,
        '@protected': true,
        id: '@id',
        type: '@type',
        assertionMethod: { '@id': `${security}assertionMethod`, '@type': '@id', '@container': '@set' },
        authentication: { '@id': `${security}authenticationMethod`, '@type': '@id', '@container': '@set' },
      },
    },
    verificationMethod: { '@id': `${security}verificationMethod`, '@type': '@id' },
  },
})

export const bbsBlsContext = 'https://w3id.org/security/bbs/v1'

/**
 * What https://w3id.org/security/bbs/v1 says of proofs, with the same IRIs; no package brings it, and no credential
 * uses what it says of keys.
 */
export const bbsBlsTerms: JsonObject = {
  '@context': {
    '@version': 1.1,
    id: '@id',
    type: '@type',
    BbsBlsSignature2020: proof('BbsBlsSignature2020'),
    BbsBlsSignatureProof2020: proof('BbsBlsSignatureProof2020'),
    Bls12381G2Key2020: `${security}Bls12381G2Key2020`,
  },
}
