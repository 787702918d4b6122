interface Range {
  type: string
  quality: number
}

/** The ranges of an Accept header (RFC 9110, 12.5.1); parameters other than `q` are not told apart. */
function rangesOf(header: string): Range[] {
  return header.split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    const quality = weight === undefined ? 1 : Number(weight)
    return type === '' || !(quality >= 0 && quality <= 1) ? [] : [{ type, quality }]
  })
}

/** How much a range that names a type exactly counts before one with wildcards. */
const exactness = (range: string, type: string): number => {
  if (range === type) return 3
  if (range === `${type.split('/')[0]}/*`) return 2
  return range === '*/*' ? 1 : 0
}

function qualityOf(ranges: readonly Range[], type: string): number {
  const [best] = ranges
    .map(({ type: range, quality }) => ({ quality, exact: exactness(range, type) }))
    .filter(({ exact }) => exact > 0)
    .sort((a, b) => b.exact - a.exact)
  return best?.quality ?? 0
}

/**
 * Which of the offered media types an Accept header likes best; among equals, and when it likes none (the header may be
 * disregarded), the one offered first.
 */
export function preferredType(header: string | undefined, offered: readonly string[]): string {
  const ranges = rangesOf(header ?? '*/*')
  const liked = offered.map((type) => ({ type, quality: qualityOf(ranges, type) }))
  // sorting is stable: equals stay in the order of the offer
  const [best] = liked.toSorted((a, b) => b.quality - a.quality)
  return (best as { type: string }).type
}
