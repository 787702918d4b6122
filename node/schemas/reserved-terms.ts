import type { Json } from '../json.ts'

// These three tables are part of how contexts are derived: changing one changes the digests of contexts that are on
// ledgers already.

/**
 * Terms that https://www.w3.org/ns/credentials/v2 protects everywhere, subjects included. A claim of that name must
 * have the same meaning (JSON-LD 1.1, 4.1.11 allows only equal redefinition), so it must be text.
 */
export const sharedTerms: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['name', 'https://schema.org/name'],
  ['description', 'https://schema.org/description'],
  ['mediaType', { '@id': 'https://schema.org/encodingFormat' }],
  [
    'digestSRI',
    {
      '@id': 'https://www.w3.org/2018/credentials#digestSRI',
      '@type': 'https://www.w3.org/2018/credentials#sriString',
    },
  ],
  [
    'digestMultibase',
    { '@id': 'https://w3id.org/security#digestMultibase', '@type': 'https://w3id.org/security#multibase' },
  ],
])

/** Terms that the contexts of the data models and of proofs protect everywhere: no claim and no type can have them. */
export const refusedTerms: ReadonlySet<string> = new Set([
  ...['id', 'proof', 'VerifiableCredential', 'VerifiablePresentation', 'EnvelopedVerifiableCredential'],
  ...['EnvelopedVerifiablePresentation', 'JsonSchema', 'JsonSchemaCredential', 'DataIntegrityProof'],
  ...['BitstringStatusList', 'BitstringStatusListCredential', 'BitstringStatusListEntry'],
  ...['StatusList2021', 'StatusList2021Credential', 'StatusList2021Entry', 'Multikey', 'JsonWebKey'],
  ...['EcdsaSecp256k1Signature2019', 'EcdsaSecp256r1Signature2019', 'Ed25519Signature2018'],
  ...['Ed25519Signature2020', 'Ed25519VerificationKey2018', 'Ed25519VerificationKey2020', 'RsaSignature2018'],
  ...['BbsBlsSignature2020', 'BbsBlsSignatureProof2020', 'BbsBlsBoundSignature2020', 'JsonWebSignature2020'],
  ...['_sd', '_sd_alg', 'aud', 'cnf', 'exp', 'iat', 'iss', 'jku', 'kid', 'nbf', 'sub', 'x5u', '...'],
])

/**
 * Names that a credential's own members, its proof or its status entry use in contexts of their type. A claim may have
 * them, but its term stays unprotected: a protected one could not be redefined there.
 */
export const envelopeTerms: ReadonlySet<string> = new Set([
  ...['JsonSchemaValidator2018', 'ManualRefreshService2018', 'assertionMethod', 'authentication'],
  ...['capabilityDelegation', 'capabilityInvocation', 'challenge', 'confidenceMethod', 'controller'],
  ...['created', 'cred', 'credentialSchema', 'credentialStatus', 'credentialSubject', 'cryptosuite'],
  ...['domain', 'encodedList', 'evidence', 'expirationDate', 'expires', 'holder', 'issuanceDate', 'issued'],
  ...['issuer', 'jsonSchema', 'jwk', 'jws', 'keyAgreement', 'message', 'nonce', 'previousProof'],
  ...['proofPurpose', 'proofValue', 'publicKeyJwk', 'publicKeyMultibase', 'refreshService'],
  ...['relatedResource', 'renderMethod', 'revoked', 'sec', 'secretKeyJwk', 'secretKeyMultibase', 'status'],
  ...['statusListCredential', 'statusListIndex', 'statusMessage', 'statusPurpose', 'statusReference'],
  ...['statusSize', 'termsOfUse', 'ttl', 'validFrom', 'validUntil', 'value', 'verifiableCredential'],
  ...['verificationMethod', 'xsd'],
])

/** Names with which a JSON-LD processor written in JavaScript trips over its own objects. */
export const objectMembers: ReadonlySet<string> = new Set([
  ...['__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', '__proto__'],
  ...['constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString'],
  ...['toString', 'valueOf', 'prototype'],
])
