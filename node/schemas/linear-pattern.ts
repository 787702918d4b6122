import { RE2JS } from 're2js'

const maxLength = 1_000

/**
 * Compiles a `pattern` of a JSON Schema for an engine whose time grows linearly with the text, because both come from
 * outside: the syntax of RE2, which is that of ECMA-262 without look-around and back-references.
 * @throws Error with a sentence for the schema's author
 */
export function compilePattern(pattern: string): { test(text: string): boolean; programSize(): number } {
  if (pattern.length > maxLength) throw new Error(`must not be longer than ${maxLength} characters`)
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`must be a regular expression without look-around and back-references: ${reason}`, {
      cause,
    })
  }
}
