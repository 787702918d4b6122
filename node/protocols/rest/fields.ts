import { z } from 'zod'
import type { Json, JsonObject } from '../../json.ts'

/** A DID (DID Core, 3.1). */
export const did = z
  .string()
  .max(2_048)
  .regex(/^did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._%-]$/, 'must be a DID')
  .meta({ examples: ['did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906'] })

/** Any id that stands in a path or a body. */
export const id = z.string().min(1).max(2_048)

export const credentialId = id.meta({ examples: ['urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479'] })

export const schemaId = id
  .describe('Id of a schema, or its alias in this node.')
  .meta({ examples: ['university-degree-v1'] })

/** A JSON object, taken as it is. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject, Json>

/** ISO 8601 with an offset; in and out. */
export const time = z.iso.datetime({
  offset: true,
  error: 'must be a date and time with an offset, such as 2030-12-31T23:59:59Z',
})

export const instant = time.transform((text) => new Date(text)).meta({ examples: ['2030-12-31T23:59:59Z'] })

/** A JSON pointer (RFC 6901, 3): `~` stands before 0 or 1 alone. */
export const jsonPointer = z
  .string()
  .max(1_024)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON pointer (RFC 6901)')

export const transactionHash = z.string().nullable().describe('Null when nothing was written, or not yet.')

/** A secured credential: JSON with an embedded proof, or a compact token. */
export const secured = z
  .union([jsonObject, z.string()])
  .describe('The signed credential: JSON with an embedded proof, or a JWT.')

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1_024).optional().describe('`nextCursor` of the answer before.'),
}

/** A page of a list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('Null at the end of the list.'),
  })
}

/** Leaves out what is undefined, as `exactOptionalPropertyTypes` wants it. */
export function defined<T extends object>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } & {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
