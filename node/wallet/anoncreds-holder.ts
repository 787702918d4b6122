import { randomUUID } from 'node:crypto'
import { parseCredentialOffer, parseCredentialRequest } from '../anoncreds/anoncreds.ts'
import type { AnonCredsHolder } from '../anoncreds/roles.ts'
import { IssuerError } from '../errors.ts'
import { inThread } from '../threads/in-thread.ts'
import { rowOf, sealCredential } from './held-credential.ts'
import { openLinkSecret, requireLinkSecret } from './link-secret.ts'
import { defaultLinkSecret, type WalletDeps } from './wallet.ts'

/** Says what sealed metadata are for: this tenant's request, which its nonce names. */
const bindingOf = (tenantId: string, nonce: string): string =>
  `anoncreds request ${JSON.stringify([tenantId, nonce])}`

/** The holder's side of an exchange. */
export function createAnonCredsHolder(deps: WalletDeps): AnonCredsHolder {
  return {
    createRequest: (input) => createRequest(deps, input),
    processCredential: (input) => processCredential(deps, input),
    insert: (trx, row) => deps.credentials.insert(trx, rowOf(row)),
  }
}

async function createRequest(
  deps: WalletDeps,
  input: Parameters<AnonCredsHolder['createRequest']>[0],
): ReturnType<AnonCredsHolder['createRequest']> {
  const { tenantId, offer, linkSecretName = defaultLinkSecret } = input
  const { schema_id, cred_def_id } = parseCredentialOffer(offer)
  if (input.credDefId !== undefined && input.credDefId !== cred_def_id)
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'The offer is of another credential definition than was expected.',
    })
  const [schema, credentialDefinition] = await Promise.all([
    deps.anonCreds.schema(schema_id),
    deps.anonCreds.definition(cred_def_id),
  ])
  const linkSecret = await requireLinkSecret(deps, { tenantId, name: linkSecretName })
  try {
    const { request, metadata } = await inThread('anoncreds', 'createRequest', {
      ...{ offer, schema, credentialDefinition, linkSecret, linkSecretName },
    })
    const kept = new TextEncoder().encode(
      JSON.stringify({ linkSecretName, metadata: new TextDecoder().decode(metadata) }),
    )
    const sealedMetadata = deps.secrets.seal(kept, bindingOf(tenantId, request.nonce))
    kept.fill(0)
    metadata.fill(0)
    return { request, sealedMetadata }
  } finally {
    linkSecret.fill(0)
  }
}

async function processCredential(
  deps: WalletDeps,
  input: Parameters<AnonCredsHolder['processCredential']>[0],
): ReturnType<AnonCredsHolder['processCredential']> {
  const { tenantId, credential, request, sealedMetadata } = input
  const { nonce, cred_def_id } = parseCredentialRequest(request)
  const kept = deps.secrets.open(sealedMetadata, bindingOf(tenantId, nonce))
  const { linkSecretName, metadata } = JSON.parse(new TextDecoder().decode(kept)) as Record<string, string>
  kept.fill(0)
  const credentialDefinition = await deps.anonCreds.definition(cred_def_id)
  const linkSecret = await openLinkSecret(deps, { tenantId, name: linkSecretName as string })
  try {
    const completed = await inThread('anoncreds', 'processCredential', {
      ...{ credential, credentialDefinition, request, linkSecret },
      metadata: new TextEncoder().encode(metadata),
    })
    const credentialId = randomUUID()
    return {
      ...{ credentialId, tenantId, linkSecretName: linkSecretName as string },
      schemaId: completed.schema_id,
      credDefId: completed.cred_def_id,
      issuerId: credentialDefinition.issuerId,
      sealed: sealCredential(deps, credentialId, completed),
      storedAt: deps.now().toISOString(),
    }
  } finally {
    linkSecret.fill(0)
  }
}
