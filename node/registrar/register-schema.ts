import { IssuerError } from '../errors.ts'
import { presentAct } from '../request-context.ts'
import type { Database } from '../stores/database.ts'
import type { BuiltSchema, NewSchema } from './build-schema.ts'
import { buildSchema } from './build-schema.ts'
import type { SchemaDeps } from './registrar.ts'
import { schemaRegistered } from './schema-event.ts'
import { requireSchemaIssuer } from './schema-issuer.ts'

/** A schema on the ledger. */
export interface RegisteredSchema {
  schemaId: string
  /** SHA-256 of the content on the ledger, hex with 0x. */
  digest: string
  transactionHash: string | null
}

/**
 * Registers a schema on the ledger; it never changes. A call that is repeated because the first one ended without an
 * answer finds its schema there and succeeds.
 * @throws SCHEMA_INVALID, SCHEMA_ALREADY_EXISTS, SCHEMA_ALIAS_TAKEN, ISSUER_NOT_FOUND, ISSUER_DEACTIVATED,
 * DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function registerSchema(deps: SchemaDeps, input: NewSchema): Promise<RegisteredSchema> {
  const built = buildSchema(deps, input)
  await requireSchemaIssuer(deps, input.issuerDid)
  const { schemaId, digest } = built.record
  const act = presentAct<{ digest: string }>('register a schema')
  const isOurs = act?.outcome?.digest === digest
  const found = await findUnfinished(deps, built, isOurs)
  if (found) return { schemaId, digest, transactionHash: found.transactionHash }
  try {
    const also = act && ((trx: Database) => act.note({ digest }, trx))
    return { schemaId, digest, transactionHash: await writeSchemas(deps, [built], also) }
  } catch (error) {
    // what an attempt before had sent was mined in between
    const late = isOurs && isTaken(error) ? await findUnfinished(deps, built, true) : undefined
    if (late) return { schemaId, digest, transactionHash: late.transactionHash }
    throw error
  }
}

const isTaken = (error: unknown) => error instanceof IssuerError && error.code === 'SCHEMA_ALREADY_EXISTS'

/** The same schema on the ledger, put there by a call that did not come to its end: its record is pending, or ours. */
async function findUnfinished(
  deps: SchemaDeps,
  { ledgerName, record }: BuiltSchema,
  isOurs: boolean,
): Promise<{ transactionHash: string | null } | undefined> {
  const { schemaId } = record
  const onLedger = await deps.ledger.schemas.get(ledgerName)
  if (!onLedger) return undefined
  const stored = await deps.schemas.get(schemaId)
  if (!stored || (stored.state !== 'pending' && !isOurs) || onLedger.digest !== record.digest) {
    throw new IssuerError('SCHEMA_ALREADY_EXISTS', { facts: { schemaId } })
  }
  await deps.schemas.markRegistered([schemaId], schemaRegistered(deps, stored.transactionHash))
  return stored
}

/**
 * Records the intent, writes schemas in one transaction, and records that they are there. Before the transaction is
 * signed a failure leaves nothing behind; after it, `settleSchemas` finishes what is left.
 * @throws SCHEMA_ALREADY_EXISTS, SCHEMA_ALIAS_TAKEN, CHAIN_UNREACHABLE, RELAYER_UNFUNDED, TRANSACTION_REVERTED
 */
export async function writeSchemas(
  deps: SchemaDeps,
  schemas: readonly BuiltSchema[],
  also?: (trx: Database) => Promise<void>,
): Promise<string> {
  const ids = schemas.map(({ record }) => record.schemaId)
  await deps.contexts.publish(
    schemas.flatMap(({ contexts }) =>
      contexts.map(({ digest, url, document }) => ({ digest, url, document })),
    ),
  )
  await deps.schemas.insertPending(
    schemas.map(({ record }) => record),
    also,
  )
  let signed = false
  try {
    const receipt = await deps.ledger.schemas.registerBatch(
      schemas.map(({ ledgerName, content, record }) => ({
        ...ledgerName,
        content,
        restricted: record.restricted,
      })),
      {
        onSigned: async ({ hash }) => {
          await deps.schemas.recordTransaction(ids, hash)
          signed = true
        },
      },
    )
    await deps.schemas.markRegistered(ids, schemaRegistered(deps, receipt.transactionHash))
    return receipt.transactionHash
  } catch (error) {
    if (!signed) await deps.schemas.removePending(ids)
    throw explain(error, ids)
  } finally {
    for (const { record } of schemas) deps.forget({ registry: 'schema', key: record.key as `0x${string}` })
  }
}

function explain(error: unknown, [schemaId = '']: readonly string[]): unknown {
  if (!(error instanceof IssuerError) || error.code !== 'TRANSACTION_REVERTED') return error
  if (error.facts.error !== 'AlreadyRegistered') return error
  return new IssuerError('SCHEMA_ALREADY_EXISTS', { facts: { schemaId }, cause: error })
}
