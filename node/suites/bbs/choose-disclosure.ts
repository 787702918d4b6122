import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { pointersProblem } from '../disclosed-pointers.ts'
import { groupQuads } from '../selective-disclosure/group-quads.ts'
import { labelledQuads } from '../selective-disclosure/labelled-quads.ts'
import { selectDocument } from '../selective-disclosure/select-document.ts'
import type { DocumentLoader } from '../suite.ts'
import type { BaseProofValue, DerivedProofValue } from './proof-value.ts'
import { canonizeOptions } from './sign-data.ts'
import { bbsHeader, shuffleLabels, toMessage } from './statements.ts'

/** What a derived proof is made of, but the proof itself. */
export interface Disclosure {
  revealed: JsonObject
  messages: Uint8Array[]
  value: Omit<DerivedProofValue, 'proof'>
}

/** What a choice of attributes is derived from. */
export interface DisclosureInput {
  document: JsonObject
  proof: JsonObject
  base: BaseProofValue
  selectivePointers: readonly string[]
  nonce?: Uint8Array
}

const numberOf = (label: string): number => Number(label.replace(/^(c14n|b)/, ''))

const sameLabels = (canonical: readonly string[]) => new Map(canonical.map((label) => [label, label]))

/** Of those places that are in `all`, in order: where among them those in `chosen` stand. */
function indexesAmong(all: readonly number[], chosen: ReadonlySet<number>): number[] {
  return all.flatMap((place, index) => (chosen.has(place) ? [index] : []))
}

/**
 * Chooses what is revealed (the operation createDisclosureData of Data Integrity BBS Cryptosuites 1.0, 3.3.3).
 * @throws DERIVATION_FAILED; Error when a pointer leads into what can only be shown as a whole
 */
export async function chooseDisclosure(
  { document, proof, base, selectivePointers, nonce = new Uint8Array() }: DisclosureInput,
  documentLoader: DocumentLoader,
): Promise<Disclosure> {
  const { mandatoryPointers, hmacKey } = base
  const pointers = [...new Set([...mandatoryPointers, ...selectivePointers])]
  const problem = pointersProblem(document, pointers)
  const nothing = pointers.length === 0 ? 'No pointer selects anything to be shown.' : problem
  if (nothing !== undefined) throw new IssuerError('DERIVATION_FAILED', { detail: nothing })
  const groups = { mandatory: mandatoryPointers, combined: pointers }
  const found = await groupQuads(document, { groups, documentLoader, labelNodes: shuffleLabels(hmacKey) })
  const { mandatory, combined } = found.groups
  const places = [...found.quads.keys()]
  const quadsAt = (chosen: readonly number[]) => chosen.map((place) => found.quads[place] as string)
  const isMandatory = (place: number) => mandatory.places.has(place)
  const proofOptions = await canonizeOptions({ document, proof }, documentLoader)
  const header = bbsHeader(proofOptions, quadsAt(places.filter(isMandatory)))
  if (Buffer.compare(base.header, header) !== 0) {
    throw new IssuerError('DERIVATION_FAILED', { detail: 'The document is not the one that was signed.' })
  }
  const hideable = places.filter((place) => !isMandatory(place))
  const seen = await labelledQuads(combined.blank, { documentLoader, labelNodes: sameLabels })
  const labels = [...seen.canonical].map(
    ([label, canonical]) => [numberOf(canonical), numberOf(found.labels.get(label) as string)] as const,
  )
  return {
    revealed: selectDocument(document, pointers) as JsonObject,
    messages: quadsAt(hideable).map(toMessage),
    value: {
      labels: new Map(labels),
      mandatoryIndexes: indexesAmong(
        places.filter((place) => combined.places.has(place)),
        mandatory.places,
      ),
      selectiveIndexes: indexesAmong(hideable, combined.places),
      presentationHeader: nonce,
    },
  }
}
