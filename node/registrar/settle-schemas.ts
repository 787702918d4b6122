import { parseSchemaId } from '../ledger/resource-id.ts'
import type { SchemaDeps } from './registrar.ts'
import { schemaRegistered } from './schema-event.ts'
import { isSurelyLost } from './surely-lost.ts'

/**
 * Makes good what was left between the database and the ledger: schemas that are there are taken over, those that can
 * no longer come there are forgotten (nobody was told of them, and the same call registers them again). At the start
 * those whose transaction was never signed are forgotten at once; in a `running` node a request may be at work on them.
 * It returns how many it looked at.
 * @throws CHAIN_UNREACHABLE
 */
export async function settleSchemas(
  deps: Pick<SchemaDeps, 'ledger' | 'schemas' | 'now'>,
  { running = false } = {},
): Promise<number> {
  const pending = await deps.schemas.pending()
  for (const { schemaId, digest, transactionHash, createdAt } of pending) {
    const name = parseSchemaId(schemaId)
    const onLedger = name && (await deps.ledger.schemas.get(name))
    const isYoung = (running || transactionHash !== null) && !isSurelyLost(createdAt, deps.now())
    // a stored transaction is sent again until it is mined or another one has its nonce
    const mayCome = isYoung || (transactionHash !== null && (await isPending(deps, transactionHash)))
    if (onLedger?.digest === digest)
      await deps.schemas.markRegistered([schemaId], schemaRegistered(deps, transactionHash))
    else if (onLedger || !mayCome) await deps.schemas.removePending([schemaId])
  }
  return pending.length
}

const isPending = async ({ ledger }: Pick<SchemaDeps, 'ledger'>, hash: string) =>
  (await ledger.outcome(hash)).pending
