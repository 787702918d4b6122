import { parseStatusListId } from '../ledger/resource-id.ts'

/** The address of a list in one encoding: that of the list itself, or a segment below it. */
export function listUrl(base: string, segment: string): string {
  return segment === '' ? base : `${base}/${segment}`
}

/**
 * Id of the ledger's list that a published address names in its path, as nodes of this project write it; undefined for
 * other addresses. An issuer signs the address, so it can name a list of its own; whose list it is, the id tells.
 */
export function statusListIdOf(url: string, segment: string): string | undefined {
  const [, encoded = '', found = ''] = /\/status-lists\/([^/?#]{1,512})(?:\/([^/?#]+))?$/.exec(url) ?? []
  if (found !== segment) return undefined
  try {
    const id = decodeURIComponent(encoded)
    return parseStatusListId(id) && id
  } catch {
    return undefined
  }
}
