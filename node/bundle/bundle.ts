import * as z from 'zod'
import { IssuerError } from '../errors.ts'
import type { Address, Hex } from '../ledger/ledger.ts'
import { registrationSchema } from '../verification/registration-evidence.ts'

// Anybody may hand a bundle over: everything in it has a form and a limit, before anything is made of it.

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`)) as unknown as z.ZodType<Hex>
const address = hex(20) as z.ZodType<Address>
const instant = z.iso.datetime()
const count = z.number().int().min(0)
const jsonObject = z.looseObject({})

const change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ownerChanged'), owner: address }),
  z.strictObject({
    kind: z.literal('delegateChanged'),
    type: z.string().max(32),
    delegate: address,
    validTo: z.string().regex(/^\d{1,78}$/),
  }),
  z.strictObject({
    kind: z.literal('attributeChanged'),
    name: z.string().max(32),
    value: z
      .string()
      .max(65_536)
      .regex(/^0x([0-9a-f]{2})*$/),
    validTo: z.string().regex(/^\d{1,78}$/),
  }),
])

const event = z.strictObject({ blockNumber: count, time: instant, transactionHash: hex(32), change })

/** A DID document, as resolution gave it; null when there was none. */
const resolution = z.strictObject({
  didUrl: z.string().max(4_096),
  document: jsonObject.nullable(),
  metadata: z.looseObject({
    deactivated: z.boolean().optional(),
    versionId: z.string().max(20).optional(),
    updated: z.string().max(40).optional(),
  }),
  error: z.string().max(100).optional(),
})

const schema = z.strictObject({
  id: z.string().max(2_048),
  key: hex(32),
  /** The bytes on the ledger, as text. */
  content: z.string().max(262_144),
  active: z.boolean(),
  restricted: z.boolean(),
  blockNumber: count,
  time: instant,
  /** Of the issuers that were asked for, those that may use it or not. */
  allowed: z.record(address, z.boolean()),
  /** The JSON-LD contexts that the content gives, for other software: nothing here reads them. */
  contexts: z.array(z.strictObject({ url: z.string(), document: jsonObject })).max(64),
})

const statusList = z.strictObject({
  id: z.string().max(2_048),
  capacity: count.max(2 ** 24),
  registered: count,
  version: count,
  /** The words of the ledger, one after the other, gzip, base64. */
  bits: z.string().max(4_194_304),
})

const registration = z.strictObject({
  listId: z.string().max(2_048),
  transactionHash: hex(32),
  found: z
    .array(
      z.strictObject({
        ...{ first: count, count, root: hex(32), transactionHash: hex(32) },
        ...{ blockNumber: count, time: instant },
      }),
    )
    .max(256),
})

/** A context that an issuer registered with its node, and that is not on the ledger. */
export const registeredContextSchema = z.strictObject({
  issuer: z.string().max(2_048),
  url: z.string().max(2_048),
  document: jsonObject,
})

const secured = z.union([jsonObject, z.string().max(1_048_576)])

const bundleSchema = z.strictObject({
  type: z.literal('CartularyBundle'),
  version: z.literal(1),
  network: z.strictObject({
    chainId: count,
    didRegistry: address,
    publicUrl: z.string().max(2_048).optional(),
  }),
  /** The newest block when the facts were read; nothing changed while they were. */
  block: z.strictObject({ number: count, hash: hex(32), time: instant }),
  credential: secured,
  chain: z.array(secured).max(16),
  registration: registrationSchema.nullable(),
  resolutions: z.array(resolution).max(256),
  histories: z.array(z.strictObject({ did: z.string().max(256), events: z.array(event).max(2_001) })).max(32),
  schemas: z.array(schema).max(32),
  contexts: z.array(registeredContextSchema).max(100),
  statusLists: z.array(statusList).max(64),
  registrations: z.array(registration).max(32),
})

export type RegisteredContext = z.infer<typeof registeredContextSchema>

/** A credential and everything that its verification asked a chain for, as of one block. */
export type Bundle = z.infer<typeof bundleSchema>

/** Whether a received value says that it is a bundle. */
export function isBundle(received: unknown): boolean {
  return (
    typeof received === 'object' &&
    received !== null &&
    'type' in received &&
    received.type === 'CartularyBundle'
  )
}

/** @throws MALFORMED_REQUEST with every violation */
export function parseBundle(received: unknown): Bundle {
  const parsed = bundleSchema.safeParse(received)
  if (parsed.success) return parsed.data
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'This is no bundle, or one of another version.',
    violations: parsed.error.issues
      .slice(0, 20)
      .map(({ path, message }) => ({ pointer: path.map((part) => `/${String(part)}`).join(''), message })),
  })
}
