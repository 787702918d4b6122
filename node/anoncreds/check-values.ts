import { IssuerError } from '../errors.ts'
import { linkSecretName, normaliseName } from './attribute.ts'
import { longestRaw } from './credential.ts'

/**
 * Checks that raw values are exactly those of the attributes that a definition signs; `signed` are the normalised names
 * in its key, in which the link secret may be.
 * @throws SCHEMA_VALIDATION_FAILED with every violation
 */
export function checkValues(signed: readonly string[], values: Readonly<Record<string, string>>): void {
  const names = Object.keys(values)
  const given = new Set(names.map(normaliseName))
  const known = new Set(signed.filter((name) => name !== linkSecretName))
  const missing = [...known].filter((name) => !given.has(name))
  const strange = names.filter((name) => !known.has(normaliseName(name)))
  const violations = [
    ...missing.map((name) => ({ pointer: '/values', message: `must have the attribute ${name}` })),
    ...strange.map((name) => ({
      pointer: '/values',
      message: `has ${name}, which is no attribute of the schema`,
    })),
    ...names
      .filter((name) => typeof values[name] !== 'string' || values[name].length > longestRaw)
      .map((name) => ({
        pointer: '/values',
        message: `${name} must be a text of at most ${longestRaw} characters`,
      })),
    ...(given.size < names.length ? [{ pointer: '/values', message: 'names an attribute twice' }] : []),
  ]
  if (violations.length > 0) throw new IssuerError('SCHEMA_VALIDATION_FAILED', { violations })
}
