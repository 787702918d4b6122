import { IssuerError } from '../../errors.ts'
import { type EventType, eventRow } from '../../events/event.ts'
import type { JsonObject } from '../../json.ts'
import { parseCredentialDefinitionId } from '../../ledger/anoncreds-id.ts'
import type { DefinitionName } from '../../ledger/ledger.ts'
import { hexDigest, jcsBytes } from '../../schemas/digest.ts'
import type { DefinitionRow } from '../../stores/anoncreds-definitions.ts'
import { takeTurns } from '../../take-turns.ts'
import { inThread } from '../../threads/in-thread.ts'
import { definitionName, resolveAnonCredsSchema } from '../../verification/anoncreds-resources.ts'
import type { AnonCredsRegistrarDeps } from './anoncreds-registrar.ts'

interface Deps extends AnonCredsRegistrarDeps {
  /** Aborted when the node stops: keys that are being made then are given up, and made anew after the next start. */
  stopping: AbortSignal
}

/**
 * Brings ordered definitions onto the ledger, one after the other, of each tenant in turn. Killed at any instruction it
 * leaves either an order, or a whole definition with its key; both are taken up again. It returns how many it looked at.
 * @throws the first retryable error, when all have been tried
 */
export async function makeDefinitions(deps: Deps): Promise<number> {
  let looked = 0
  await takeTurns({
    due: async () => (deps.stopping.aborted ? [] : deps.definitions.unfinished()),
    id: ({ cred_def_id: id }) => id,
    tenant: ({ tenant_id: tenant }) => tenant,
    async act({ cred_def_id: id }) {
      const row = deps.stopping.aborted ? undefined : await deps.definitions.get(id)
      // whoever holds the job's lease may be another one by now
      if (!row || (row.state !== 'generating' && row.state !== 'made')) return false
      looked += 1
      await finish(deps, row).catch(async (error) => {
        if (error instanceof IssuerError && !error.retryable) await fail(deps, row, error.code)
        else if (!deps.stopping.aborted) throw error
      })
      return false
    },
  })
  return looked
}

async function finish(deps: Deps, row: DefinitionRow): Promise<void> {
  const made = row.state === 'generating' ? await make(deps, row) : row
  if (made) await register(deps, made)
}

/** Makes key and definition, and keeps both at once; undefined when somebody else did meanwhile. */
async function make(deps: Deps, row: DefinitionRow): Promise<DefinitionRow | undefined> {
  const { schema } = await resolveAnonCredsSchema(deps.ledger, row.schema_id)
  const privateKey = await generateKey(deps, row)
  try {
    const { credentialDefinition, keyCorrectnessProof } = await inThread('anoncreds', 'createDefinition', {
      ...{ schema, schemaId: row.schema_id, issuerId: row.issuer_did, tag: row.tag },
      privateKey,
    })
    const content = jcsBytes(credentialDefinition as JsonObject)
    const digest = `0x${hexDigest(content)}`
    const key = deps.keys.seal(privateKey, digest)
    const made = {
      key_ref: key.key_ref,
      content: new TextDecoder().decode(content),
      key_correctness_proof: JSON.stringify(keyCorrectnessProof),
      digest,
    }
    return (await deps.definitions.keep(row.cred_def_id, made, key))
      ? { ...row, ...made, state: 'made' }
      : undefined
  } finally {
    privateKey.fill(0)
  }
}

/** As bytes, which can be overwritten. @throws NODE_STOPPING */
async function generateKey(deps: Deps, row: DefinitionRow): Promise<Uint8Array> {
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new IssuerError('NODE_STOPPING'))
  deps.stopping.addEventListener('abort', stop)
  let primes = 0
  const count = () => {
    primes += 1
    deps.definitions.countPrimes(row.cred_def_id, primes).catch(() => {
      // the count is for whoever watches; what matters is written when the key is there
    })
  }
  try {
    const key = await Promise.race([deps.generateKey(count), stopped])
    return new TextEncoder().encode(JSON.stringify(key))
  } finally {
    deps.stopping.removeEventListener('abort', stop)
  }
}

/**
 * Writes a definition that is kept onto the ledger, or finds it there from an attempt before.
 * @throws CREDENTIAL_DEFINITION_ALREADY_EXISTS when another one stands there; TRANSACTION_REVERTED
 */
async function register(deps: Deps, row: DefinitionRow): Promise<void> {
  const parsed = parseCredentialDefinitionId(row.cred_def_id)
  if (!parsed) throw new IssuerError('CREDENTIAL_DEFINITION_NOT_FOUND')
  const name = definitionName(deps.ledger, parsed)
  if (!(await isOnLedger(deps, name, row))) await send(deps, name, row)
  const data = { schemaId: row.schema_id, digest: row.digest }
  await deps.definitions.markRegistered(row.cred_def_id, event(deps, row, 'definition.registered', data))
}

async function isOnLedger({ ledger }: Deps, name: DefinitionName, row: DefinitionRow): Promise<boolean> {
  const onLedger = await ledger.definitions.get(name)
  if (onLedger && onLedger.digest !== row.digest)
    throw new IssuerError('CREDENTIAL_DEFINITION_ALREADY_EXISTS', { facts: { credDefId: row.cred_def_id } })
  return onLedger !== undefined
}

async function send(deps: Deps, name: DefinitionName, row: DefinitionRow): Promise<void> {
  const content = new TextEncoder().encode(row.content as string)
  try {
    await deps.ledger.definitions.registerBatch([{ ...name, content }], {
      onSigned: ({ hash }) => deps.definitions.recordTransaction(row.cred_def_id, hash),
    })
  } catch (error) {
    // a transaction of an attempt before may have been mined meanwhile
    const isRefused = error instanceof IssuerError && error.code === 'TRANSACTION_REVERTED'
    if (!isRefused || !(await isOnLedger(deps, name, row))) throw error
  }
}

async function fail(deps: Deps, row: DefinitionRow, reason: string): Promise<void> {
  await deps.definitions.fail(row.cred_def_id, reason, event(deps, row, 'definition.failed', { reason }))
}

const event = (deps: Deps, row: DefinitionRow, type: EventType, data: JsonObject) =>
  eventRow({ type, subject: row.cred_def_id, data, at: deps.now(), tenantId: row.tenant_id })
