import type { SecretBox } from '../keys/secret-box.ts'
import type { LinkSecretStore } from '../stores/link-secrets.ts'
import type { WalletCredentialStore } from '../stores/wallet-credentials.ts'
import type { AnonCredsResolver } from '../verification/anoncreds-resolver.ts'

/** What holding AnonCreds credentials stands on. */
export interface WalletDeps {
  anonCreds: AnonCredsResolver
  linkSecrets: LinkSecretStore
  credentials: WalletCredentialStore
  secrets: SecretBox
  now(): Date
}

/** The link secret of whoever names none. */
export const defaultLinkSecret = 'default'
