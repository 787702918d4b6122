import { iriPrefix, type SlotValue } from './shape.ts'

/** Expanded JSON-LD with these values in its slots, as a fresh copy: later steps of jsonld write into it. */
export type Template = (slots: readonly SlotValue[]) => readonly object[]

/** A value of which nothing else in a document or a context is a copy; an IRI keeps what jsonld looks at. */
export function placeholder(value: SlotValue, index: number): SlotValue {
  if (typeof value === 'number') return index + 0.123456789
  return `${iriPrefix(value) ?? ''}slot-${index}-b0c5d91e`
}

/** Where a value stands in expanded JSON-LD. */
type Place = 'literal' | 'id' | 'elsewhere'

const mayStand: Readonly<Record<Place, (value: SlotValue) => boolean>> = {
  literal: () => true,
  // jsonld resolves what is no absolute IRI, or drops it
  id: (value) => typeof value === 'string' && iriPrefix(value) !== undefined,
  elsewhere: () => false,
}

/**
 * Makes a template of an expanded document whose slots hold their placeholders. Undefined when one of them has not come
 * through as it was, exactly once, as a literal or as an absolute IRI: then what becomes of it depends on its value.
 */
export function templateOf(
  expanded: readonly object[],
  placeholders: readonly SlotValue[],
): Template | undefined {
  const indices = new Map(placeholders.map((value, index) => [value, index]))
  const places: Place[][] = placeholders.map(() => [])

  function open(value: unknown, place: Place): (slots: readonly SlotValue[]) => unknown {
    if (Array.isArray(value)) {
      const items = value.map((item) => open(item, place === 'literal' ? place : 'elsewhere'))
      return (slots) => items.map((item) => item(slots))
    }
    if (typeof value === 'object' && value !== null) return openObject(value, place)
    const index = indices.get(value as SlotValue)
    if (index === undefined) return () => value
    places[index]?.push(place)
    return (slots) => slots[index]
  }

  function openObject(object: object, place: Place): (slots: readonly SlotValue[]) => unknown {
    const members = Object.entries(object).map(
      ([name, member]) => [name, open(member, placeOf(name, place))] as const,
    )
    return (slots) => {
      const copy: Record<string, unknown> = {}
      for (const [name, member] of members) copy[name] = member(slots)
      return copy
    }
  }

  const fill = open(expanded, 'elsewhere') as Template
  const isPure = places.every(
    ([place, ...others], index) =>
      place !== undefined && others.length === 0 && mayStand[place](placeholders[index] as SlotValue),
  )
  return isPure ? fill : undefined
}

/** Everything within a JSON literal is one. */
function placeOf(name: string, place: Place): Place {
  if (place === 'literal' || name === '@value') return 'literal'
  return name === '@id' ? 'id' : 'elsewhere'
}
