import type { Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { pointerMembers, pointerTo } from '../schemas/json-pointer.ts'
import { cellType, type Place, rootPlace, step } from './cell-type.ts'
import { type Column, reserved } from './row.ts'

interface Input {
  header: readonly string[]
  /** By the name of a column: a dotted path, a JSON pointer into the claims, `holderDid`, or null to leave it out. */
  mapping: Readonly<Record<string, string | null>>
  jsonSchema: JsonObject
}

const holderNames: readonly string[] = ['holderDid', 'subjectDid']
const maxColumns = 1_000

/** What the columns of a file mean, and everything that is wrong with them. */
export function readColumns(input: Input): { columns: readonly Column[]; violations: readonly Violation[] } {
  const { header, mapping, jsonSchema } = input
  if (header.length > maxColumns)
    return { columns: [], violations: [{ pointer: '', message: `has more than ${maxColumns} columns` }] }
  const violations: Violation[] = []
  const wrong = (name: string, message: string) =>
    violations.push({ pointer: '', message: `column "${name}" ${message}` })
  const columns = header.map((cell): Column => {
    const name = cell.trim()
    const column = { name, target: targetOf(name, input) }
    if (column.target !== undefined) return column as Column
    wrong(name, 'is not in the schema; map it to where its values go, or to null to leave it out')
    return { name, target: null }
  })
  for (const name of repeated(columns.map((column) => column.name))) wrong(name, 'stands there twice')
  for (const name of Object.keys(mapping))
    if (!columns.some((column) => column.name === name)) wrong(name, 'is mapped, but not in the file')
  violations.push(...clashes(columns), ...missing(columns, jsonSchema))
  return { columns, violations }
}

/** Undefined when the schema knows no such place. */
function targetOf(name: string, { mapping, jsonSchema }: Input): Column['target'] | undefined {
  const mapped = Object.hasOwn(mapping, name) ? mapping[name] : undefined
  if (mapped === null || (mapped === undefined && name.startsWith(reserved))) return null
  const to = mapped ?? name
  const path = to.startsWith('/') ? pointerMembers(to) : to.split('.')
  if (holderNames.includes(to)) return 'holder'
  let place: Place | undefined = rootPlace(jsonSchema)
  for (const member of path) place = place && step(jsonSchema, place, member)
  return place && { path: place.path, type: cellType(jsonSchema, place) }
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, place) => names.indexOf(name) !== place))]
}

const pointerOf = (path: readonly (string | number)[]) => path.reduce<string>(pointerTo, '')

/** Two columns for one value, or one for a value and another one for a part of it. */
function clashes(columns: readonly Column[]): Violation[] {
  const byPointer = new Map<string, string>()
  const violations: Violation[] = []
  for (const { name, target } of columns) {
    if (target === null) continue
    const pointer = target === 'holder' ? '' : pointerOf(target.path)
    const other = byPointer.get(pointer)
    if (other !== undefined && other !== name)
      violations.push({ pointer: '', message: `columns "${other}" and "${name}" are for the same value` })
    byPointer.set(pointer, name)
  }
  for (const [pointer, name] of byPointer)
    for (let end = pointer.lastIndexOf('/'); end > 0; end = pointer.lastIndexOf('/', end - 1)) {
      const whole = byPointer.get(pointer.slice(0, end))
      if (whole !== undefined)
        violations.push({
          pointer: '',
          message: `column "${whole}" is for the whole of what "${name}" is a part of`,
        })
    }
  return violations
}

/** What every row would lack: the holder, and what the schema requires of the claims or of objects that have columns. */
function missing(columns: readonly Column[], jsonSchema: JsonObject): Violation[] {
  const targets = columns.flatMap(({ target }) => target ?? [])
  const paths = targets.flatMap((target) => (target === 'holder' ? [] : [target.path]))
  const violations: Violation[] = []
  if (!targets.includes('holder')) violations.push({ pointer: '/holderDid', message: 'has no column' })
  const look = (place: Place) => {
    const depth = place.path.length
    const below = paths.filter(
      (path) => path.length > depth && place.path.every((member, i) => path[i] === member),
    )
    const has = new Set(below.map((path) => path[depth]))
    for (const name of requiredOf(place)) {
      if (!has.has(name))
        violations.push({
          pointer: pointerOf(['claims', ...place.path, name]),
          message: 'is required and has no column',
        })
    }
    for (const name of has) {
      const next = step(jsonSchema, place, String(name))
      // a column for the whole holds its members itself
      if (next && !paths.some((path) => pointerOf(path) === pointerOf(next.path))) look(next)
    }
  }
  look(rootPlace(jsonSchema))
  return violations
}

function requiredOf({ schemas }: Place): string[] {
  const names = schemas.flatMap(({ required }) => (Array.isArray(required) ? (required as string[]) : []))
  return [...new Set(names)]
}
