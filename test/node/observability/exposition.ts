import assert from 'node:assert/strict'

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

interface Family {
  type: string
  help: string
  samples: Sample[]
}

const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/y
const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped'])

/**
 * Reads the text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), strictly: what does not follow it
 * is an error, as are samples without a family, doubles, and histograms whose buckets do not add up.
 */
export function parseExposition(text: string) {
  assert.ok(text.endsWith('\n'))
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line)
    if (comment) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string]
      const family = families.get(name) ?? { type: 'untyped', help: '', samples: [] }
      families.set(name, family)
      assert.equal(family.samples.length, 0, `${kind} of ${name} after its samples`)
      if (kind === 'HELP') family.help = rest
      else {
        assert.ok(types.has(rest), rest)
        family.type = rest
      }
      continue
    }
    const sample = parseSample(line)
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    assert.ok(!seen.has(key), `twice: ${key}`)
    seen.add(key)
    const family = families.get(sample.name) ?? families.get(sample.name.replace(/_(bucket|sum|count)$/, ''))
    assert.ok(family, `${sample.name} has no family`)
    family.samples.push(sample)
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family)
  const value = (name: string, labels: Record<string, string> = {}) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([key, text_]) => sample.labels[key] === text_),
      )?.value
  return { families, value }
}

function parseSample(line: string): Sample {
  const [, name, braces, number] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$/.exec(line) ?? assert.fail(`no sample: ${line}`)
  const labels: Record<string, string> = {}
  if (braces !== undefined) {
    label.lastIndex = 1
    for (;;) {
      const found: RegExpExecArray | null = label.exec(braces)
      const [whole, key, text]: string[] = found ?? assert.fail(`no labels: ${line}`)
      assert.ok(!Object.hasOwn(labels, key!))
      labels[key!] = text!.replace(/\\([\\"n])/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
      const end = label.lastIndex || 1 + whole!.length
      if (braces[end] === '}' && end === braces.length - 1) break
      assert.equal(braces[end], ',', line)
      label.lastIndex = end + 1
    }
  }
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number)
  assert.ok(number === 'NaN' || !Number.isNaN(value), line)
  return { name: name!, labels, value }
}

function checkHistogram(name: string, { samples }: Family): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest))
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Infinity : Number(labels.le)))
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
    )
    if (buckets.length === 0) continue
    assert.equal(bounds.at(-1), Infinity)
    const counts = buckets.map(({ value }) => value)
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    )
    assert.equal(group.find((sample) => sample.name === `${name}_count`)?.value, counts.at(-1))
  }
}
