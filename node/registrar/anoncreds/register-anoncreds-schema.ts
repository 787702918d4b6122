import { parseSchema } from '../../anoncreds/anoncreds.ts'
import { IssuerError, type Violation } from '../../errors.ts'
import { eventRow } from '../../events/event.ts'
import {
  type AnonCredsSchemaName,
  anonCredsSchemaId,
  parseAnonCredsSchemaId,
} from '../../ledger/anoncreds-id.ts'
import { isResourcePart } from '../../ledger/resource-id.ts'
import { presentAct } from '../../request-context.ts'
import { hexDigest, jcsBytes } from '../../schemas/digest.ts'
import type { AnonCredsSchemaStore } from '../../stores/anoncreds-schemas.ts'
import { requireSchemaIssuer } from '../schema-issuer.ts'
import { isSurelyLost } from '../surely-lost.ts'
import type { AnonCredsRegistrarDeps } from './anoncreds-registrar.ts'

type Deps = Pick<AnonCredsRegistrarDeps, 'ledger' | 'dids' | 'schemas' | 'now'>

/** An AnonCreds schema to be registered. */
export interface NewAnonCredsSchema {
  tenantId: string
  issuerDid: string
  name: string
  version: string
  attrNames: readonly string[]
}

/** An AnonCreds schema on the ledger. */
export interface RegisteredAnonCredsSchema {
  schemaId: string
  /** SHA-256 of the content on the ledger, hex with 0x. */
  digest: string
  /** Null when a call before wrote it. */
  transactionHash: string | null
}

/** @throws MALFORMED_REQUEST with a pointer to each part that the registries do not take */
export function checkParts(parts: Readonly<Record<string, string>>): void {
  const message = 'must be 1 to 256 printable ASCII characters without / : ? # %'
  const violations = Object.entries(parts)
    .filter(([, part]) => !isResourcePart(part))
    .map(([name]): Violation => ({ pointer: `/${name}`, message }))
  if (violations.length > 0) throw new IssuerError('MALFORMED_REQUEST', { violations })
}

/**
 * Registers an AnonCreds schema on the ledger; it never changes. A call that is repeated because the first one ended
 * without an answer finds its schema there and succeeds.
 * @throws MALFORMED_REQUEST, SCHEMA_ALREADY_EXISTS, ISSUER_NOT_FOUND, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING,
 *   CHAIN_UNREACHABLE, RELAYER_UNFUNDED
 */
export async function registerAnonCredsSchema(
  deps: Deps,
  input: NewAnonCredsSchema,
): Promise<RegisteredAnonCredsSchema> {
  const { issuerDid, name, version } = input
  checkParts({ name, version })
  const schema = parseSchema({ issuerId: issuerDid, name, version, attrNames: [...input.attrNames] })
  const issuer = await requireSchemaIssuer(deps, issuerDid)
  const schemaId = anonCredsSchemaId(issuerDid, name, version)
  const content = jcsBytes(schema)
  const digest = `0x${hexDigest(content)}`
  const ledgerName = { kind: 'anoncreds', schemaId, issuerDid, issuer, name, version } as const
  const row = {
    schema_id: schemaId,
    tenant_id: input.tenantId,
    issuer_did: issuerDid,
    content: new TextDecoder().decode(content),
    digest,
    created_at: deps.now().toISOString(),
    transaction_hash: null,
  }
  const act = presentAct<{ digest: string }>('register an AnonCreds schema')
  const isOurs = act?.outcome?.digest === digest
  const found = await findUnfinished(deps, { name: ledgerName, row, isOurs })
  if (found) return { schemaId, digest, transactionHash: found.transaction_hash }
  await deps.schemas.insertPending(row, act && ((trx) => act.note({ digest }, trx)))
  try {
    const transactionHash = await write(deps, ledgerName, content)
    await markRegistered(deps, { ...row, transaction_hash: transactionHash })
    return { schemaId, digest, transactionHash }
  } catch (error) {
    // what an attempt before had sent was mined in between
    const isTaken = error instanceof IssuerError && error.code === 'SCHEMA_ALREADY_EXISTS'
    const late = isOurs && isTaken && (await findUnfinished(deps, { name: ledgerName, row, isOurs }))
    if (late) return { schemaId, digest, transactionHash: late.transaction_hash }
    throw error
  }
}

/**
 * The same schema on the ledger, put there by a call that did not come to its end: its record is pending, or the call was
 * this one.
 * @throws SCHEMA_ALREADY_EXISTS
 */
async function findUnfinished(
  deps: Deps,
  { name, row, isOurs }: { name: AnonCredsSchemaName; row: Registered; isOurs: boolean },
): Promise<Registered | undefined> {
  const onLedger = await deps.ledger.schemas.get(name)
  if (!onLedger) return undefined
  const stored = await deps.schemas.get(name.schemaId)
  if ((stored?.state !== 'pending' && !isOurs) || onLedger.digest !== row.digest)
    throw new IssuerError('SCHEMA_ALREADY_EXISTS', { facts: { schemaId: name.schemaId } })
  const found = stored ?? row
  await markRegistered(deps, found)
  return found
}

/** Before the transaction is signed a failure leaves nothing behind; after it, `settleAnonCredsSchemas` finishes. */
async function write(deps: Deps, name: AnonCredsSchemaName, content: Uint8Array): Promise<string> {
  const { schemaId, kind, issuer, version } = name
  let signed = false
  try {
    const { transactionHash } = await deps.ledger.schemas.registerBatch(
      [{ kind, issuer, name: name.name, version, content, restricted: false }],
      {
        onSigned: async () => {
          signed = true
        },
      },
    )
    return transactionHash
  } catch (error) {
    if (!signed) await deps.schemas.removePending(schemaId)
    if (error instanceof IssuerError && error.facts.error === 'AlreadyRegistered')
      throw new IssuerError('SCHEMA_ALREADY_EXISTS', { facts: { schemaId }, cause: error })
    throw error
  }
}

type Registered = Parameters<AnonCredsSchemaStore['markRegistered']>[0]

async function markRegistered(deps: Deps, row: Registered): Promise<void> {
  const event = eventRow({
    type: 'schema.registered',
    subject: row.schema_id,
    data: { kind: 'anoncreds', digest: row.digest },
    at: deps.now(),
    tenantId: row.tenant_id,
  })
  await deps.schemas.markRegistered(row, event)
}

/**
 * Takes over schemas whose transaction was mined after the call for them had ended, and forgets those that can no
 * longer come there. It returns how many it looked at.
 * @throws CHAIN_UNREACHABLE
 */
export async function settleAnonCredsSchemas(deps: Deps): Promise<number> {
  const pending = await deps.schemas.pending()
  for (const row of pending) {
    const name = parseAnonCredsSchemaId(row.schema_id)
    const onLedger = name && (await deps.ledger.schemas.get(name))
    if (onLedger?.digest === row.digest) await markRegistered(deps, row)
    else if (onLedger || isSurelyLost(row.created_at, deps.now()))
      await deps.schemas.removePending(row.schema_id)
  }
  return pending.length
}
