import type { JsonObject } from '../json.ts'
import { leadsTo } from './selective-disclosure/pointer.ts'

const maxPointers = 512
const maxLength = 1_024

/**
 * Members whose values every derived proof reveals, where the document has them: without them a holder could hide who
 * issued a credential, when it ends, or that it has a status which can be revoked.
 */
const alwaysMandatory = [
  ...['/issuer', '/validFrom', '/validUntil', '/issuanceDate', '/expirationDate'],
  ...['/credentialStatus', '/credentialSchema', '/refreshService', '/termsOfUse'],
]

/** The pointers that are mandatory for a document: those that always are, and what its issuer adds. */
export function mandatoryPointersFor(document: JsonObject, further: readonly string[] = []): string[] {
  const present = alwaysMandatory.filter((pointer) => document[pointer.slice(1)] !== undefined)
  return [...new Set([...present, ...further])]
}

/** The pointers that an issuer added to those that are mandatory for every document. */
export function addedPointers(mandatoryPointers: readonly string[]): string[] {
  return mandatoryPointers.filter((pointer) => !alwaysMandatory.includes(pointer))
}

/** Why pointers (RFC 6901) cannot select from a document; undefined when they can. */
export function pointersProblem(document: JsonObject, pointers: readonly string[]): string | undefined {
  if (pointers.length > maxPointers) return `There are more than ${maxPointers} pointers.`
  const lost = pointers.find((pointer) => pointer.length > maxLength || !leadsTo(document, pointer))
  return lost === undefined
    ? undefined
    : `The pointer ${lost.slice(0, 80)} leads to no value of the document.`
}
