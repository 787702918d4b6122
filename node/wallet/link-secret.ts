import { createLinkSecret } from '../anoncreds/anoncreds.ts'
import { IssuerError } from '../errors.ts'
import { presentAct } from '../request-context.ts'
import type { WalletDeps } from './wallet.ts'

type Deps = Pick<WalletDeps, 'linkSecrets' | 'secrets' | 'now'>

interface Named {
  tenantId: string
  name: string
}

/** Says what a sealed link secret is for. */
const bindingOf = ({ tenantId, name }: Named): string => `link secret ${JSON.stringify([tenantId, name])}`

/** Makes a link secret and keeps it encrypted; nobody is ever shown it. False when there is one of that name. */
export async function makeLinkSecret(deps: Deps, named: Named): Promise<boolean> {
  const act = presentAct<true>('make a link secret')
  if (act?.outcome) return true
  const bytes = new TextEncoder().encode(JSON.stringify(createLinkSecret()))
  const wrapped = deps.secrets.seal(bytes, bindingOf(named))
  bytes.fill(0)
  const { tenantId, name } = named
  const created_at = deps.now().toISOString()
  const secret = { tenant_id: tenantId, name, wrapped, created_at }
  return deps.linkSecrets.insert(secret, act && ((trx) => act.note(true, trx)))
}

/**
 * A link secret as the bytes of its JSON text, on its way into a thread; whoever asked overwrites them.
 * @throws NOT_FOUND, KEY_STORE_UNAVAILABLE
 */
export async function openLinkSecret(deps: Deps, named: Named): Promise<Uint8Array> {
  const stored = await deps.linkSecrets.get(named.tenantId, named.name)
  if (!stored) throw new IssuerError('NOT_FOUND', { detail: 'There is no link secret of this name.' })
  const opened = deps.secrets.open(stored.wrapped, bindingOf(named))
  const bytes = Uint8Array.from(opened)
  opened.fill(0)
  return bytes
}

/** The same, made when there is none. */
export async function requireLinkSecret(deps: Deps, named: Named): Promise<Uint8Array> {
  const known = await deps.linkSecrets.get(named.tenantId, named.name)
  if (!known) await makeLinkSecret(deps, named)
  return openLinkSecret(deps, named)
}
