import type { JsonObject } from '../../json.ts'
import { derivationFailure } from '../derivation-failure.ts'
import { type BaseProofValue, serializeDerivedProof } from '../ecdsa-sd-proof-value.ts'
import { groupQuads } from '../selective-disclosure/group-quads.ts'
import { labelledQuads } from '../selective-disclosure/labelled-quads.ts'
import { selectDocument } from '../selective-disclosure/select-document.ts'
import type { DocumentLoader } from '../suite.ts'
import { hmacLabels } from './statements.ts'

/** What a choice of attributes is derived from. */
export interface DisclosureInput {
  document: JsonObject
  base: BaseProofValue
  selectivePointers: readonly string[]
}

/**
 * The operations createDisclosureData and addDerivedProof (Data Integrity ECDSA Cryptosuites 1.0, 3.5.4 and 3.6.6).
 * @throws DERIVATION_FAILED
 */
export async function disclose(
  { document, base, selectivePointers }: DisclosureInput,
  documentLoader: DocumentLoader,
): Promise<{ document: JsonObject; proofValue: string }> {
  const { baseSignature, publicKey, hmacKey, mandatoryPointers } = base
  const pointers = [...mandatoryPointers, ...selectivePointers]
  const { quads, labels, groups } = await groupQuads(document, {
    groups: { mandatory: mandatoryPointers, combined: pointers },
    documentLoader,
    labelNodes: hmacLabels(hmacKey),
  })
  const isMandatory = (place: number) => groups.mandatory.places.has(place)
  const isShown = (place: number) => groups.combined.places.has(place)
  const all = quads.map((_, place) => place)
  const shown = all.filter(isShown)
  const signed = all.filter((place) => !isMandatory(place))
  if (signed.length !== base.signatures.length)
    throw derivationFailure('The base proof is not of this document.')
  const seen = await labelledQuads(groups.combined.blank, {
    documentLoader,
    labelNodes: (canonical) => new Map(canonical.map((label) => [label, label])),
  })
  const proofValue = serializeDerivedProof({
    baseSignature,
    publicKey,
    signatures: base.signatures.filter((_, index) => isShown(signed[index] as number)),
    labels: new Map(
      [...seen.canonical].map(([label, canonical]) => [canonical, labels.get(label) as string]),
    ),
    mandatoryIndexes: shown.flatMap((place, index) => (isMandatory(place) ? [index] : [])),
  })
  return { document: selectDocument(document, pointers) as JsonObject, proofValue }
}
