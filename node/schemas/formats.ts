import { createRequire } from 'node:module'

// The expressions of ajv-formats are for native engines; some take quadratic time, so the text is bounded first.
const maxLength = 2_048

const names = [
  'date',
  'date-time',
  'time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
] as const

type Check = RegExp | ((text: string) => boolean) | { validate: RegExp | ((text: string) => boolean) }

const { fullFormats } = createRequire(import.meta.url)('ajv-formats/dist/formats.js') as {
  fullFormats: Record<string, Check>
}

function bounded(name: string): (text: string) => boolean {
  const check = fullFormats[name] as Check
  const test = check instanceof RegExp || typeof check === 'function' ? check : check.validate
  return (text) => text.length <= maxLength && (test instanceof RegExp ? test.test(text) : test(text))
}

/** Values of `format` that are checked (JSON Schema Validation 2020-12, 7.3); others are refused at registration. */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map(
  names.map((name) => [name, bounded(name)]),
)
