import type { JsonObject } from '../../json.ts'

/** A schema that every node registers for its own DID at the first start; a new version to change one. */
export interface BuiltInSchema {
  name: string
  version: string
  alias: string
  /** The credential type. */
  type: string
  jsonSchema: JsonObject
}
