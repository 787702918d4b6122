import { IssuerError, type Violation } from '../errors.ts'
import { pointerTo } from '../schemas/json-pointer.ts'

/** Deeper than any credential; a limit for what walks the value afterwards. */
const maxDepth = 64

/** A container that is open while scanning: where it stands, and the names it has had so far. */
interface Container {
  pointer: string
  /** Undefined for an array. */
  names: Set<string> | undefined
  /** The name or index of the member being read. */
  member: string | number
}

/** Escapes of what is no character (RFC 7493, 2.1), and of the one that PostgreSQL keeps no text with. */
const suspiciousEscape = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * Parses a JSON text (RFC 8259) and refuses what readers understand differently, what cannot be kept as it is, or what
 * poisons objects: duplicate names, `__proto__`, lone surrogates, U+0000, deep nesting.
 *
 * @throws MALFORMED_REQUEST with every such name or value and its pointer
 */
export function parseStrictJson(text: string): unknown {
  const value = parse(text)
  const violations = scanNames(text)
  if (suspiciousEscape.test(text) || !text.isWellFormed()) violations.push(...textViolations(value, ''))
  if (violations.length > 0) throw new IssuerError('MALFORMED_REQUEST', { violations })
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: 'The body is not valid JSON.', cause })
  }
}

/** Where the scan stands: the containers that are open, the innermost last. */
interface Scan {
  open: Container[]
  /** Whether the next string is a name. */
  expectsName: boolean
}

/** Walks the tokens of a text already known to be valid JSON. */
function scanNames(text: string): Violation[] {
  const violations: Violation[] = []
  const scan: Scan = { open: [], expectsName: false }
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character !== '"') {
      follow(scan, character)
      continue
    }
    const end = endOfString(text, at)
    const object = scan.expectsName ? scan.open.at(-1) : undefined
    if (object) violations.push(...readName(object, text.slice(at, end + 1)))
    scan.expectsName = false
    at = end
  }
  return violations
}

/** Opens and closes containers, and counts the members of arrays. */
function follow(scan: Scan, character: string | undefined): void {
  const current = scan.open.at(-1)
  if (character === '{' || character === '[') {
    if (scan.open.length === maxDepth) throw tooDeep()
    scan.open.push(openContainer(character, current))
    scan.expectsName = character === '{'
  } else if (character === '}' || character === ']') {
    scan.open.pop()
  } else if (character === ',') {
    if (typeof current?.member === 'number') current.member += 1
    scan.expectsName = current?.names !== undefined
  }
}

function openContainer(character: '{' | '[', parent: Container | undefined): Container {
  const pointer = parent ? pointerTo(parent.pointer, parent.member) : ''
  return character === '{'
    ? { pointer, names: new Set(), member: '' }
    : { pointer, names: undefined, member: 0 }
}

/** Index of the quotation mark that ends the string which starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1
    while (text[before] === '\\') before -= 1
    if ((end - before) % 2 === 1) return end
  }
}

function readName(object: Container, lexeme: string): Violation[] {
  const name = JSON.parse(lexeme) as string
  const message = refusal(object.names as Set<string>, name)
  object.member = name
  object.names?.add(name)
  return message ? [{ pointer: pointerTo(object.pointer, name), message }] : []
}

function refusal(names: ReadonlySet<string>, name: string): string | undefined {
  if (name === '__proto__') return 'This name is not allowed.'
  return names.has(name) ? 'This name stands twice in the same object.' : undefined
}

/** Depth has been limited by then. */
function textViolations(value: unknown, pointer: string): Violation[] {
  if (typeof value === 'string') {
    return isKeepable(value) ? [] : [{ pointer, message: 'must have no lone surrogate and no U+0000.' }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    if (isKeepable(name)) return textViolations(member, pointerTo(pointer, name))
    return [{ pointer, message: 'must have no name with a lone surrogate or U+0000.' }]
  })
}

const isKeepable = (text: string) => text.isWellFormed() && !text.includes('\0')

function tooDeep(): IssuerError {
  return new IssuerError('MALFORMED_REQUEST', {
    detail: `The body is nested deeper than ${maxDepth} levels.`,
  })
}
