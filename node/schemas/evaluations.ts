import { childGroups, inPlace, type JsonSchema } from './subschemas.ts'

const atLeast = (limit: number, value: number): number => Math.min(value, limit + 1)

/** References one after the other that are followed; more than any schema that is accepted has. */
const maxNesting = 2_000

/**
 * An upper bound, up to `limit + 1`, of how many schemas are applied along one path into a value `depth` levels deep,
 * each counted as often as `weigh` says; Infinity for a schema that applies to a value without end, such as `{"$ref": "#"}`. Schemas that multiply their
 * references cost exponential time otherwise.
 */
export function countEvaluations(
  root: JsonSchema,
  depth: number,
  limit: number,
  weigh: (schema: JsonSchema) => number = () => 1,
): number {
  const known = new Map<JsonSchema, Map<number, number>>()
  const running = new Set<JsonSchema>()
  let nesting = 0

  const count = (schema: JsonSchema, levels: number): number => {
    const cached = known.get(schema)?.get(levels)
    if (cached !== undefined) return cached
    if (running.has(schema)) return Number.POSITIVE_INFINITY
    if (nesting >= maxNesting) return limit + 1
    nesting += 1
    running.add(schema)
    let sum = weigh(schema)
    for (const beside of inPlace(root, schema, 'all')) sum += count(beside, levels)
    running.delete(schema)
    sum += levels === 0 ? 0 : deepest(schema, levels - 1)
    nesting -= 1
    const result = sum === Number.POSITIVE_INFINITY ? sum : atLeast(limit, sum)
    const byLevel = known.get(schema) ?? new Map<number, number>()
    known.set(schema, byLevel.set(levels, result))
    return result
  }

  const deepest = (schema: JsonSchema, levels: number): number => {
    const outer = new Set(running)
    running.clear()
    const sums = childGroups(schema).map((group) =>
      group.reduce((sum, child) => sum + count(child, levels), 0),
    )
    for (const one of outer) running.add(one)
    return Math.max(0, ...sums)
  }

  return count(root, depth)
}
