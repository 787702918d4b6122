import type { IIdentifier } from '@veramo/core'
import { AbstractDIDStore } from '@veramo/did-manager'
import { IssuerError } from '../errors.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { DidRecord, DidRecords } from './did-records.ts'
import { isManaged, managedKey } from './key-management.ts'

const readOnly = (): IssuerError =>
  new IssuerError('FORBIDDEN', { detail: 'Agents read the DIDs of this node; the registrar writes them.' })

/** The node's DIDs as an identifier store of Veramo, to read only. */
export class NodeDidStore extends AbstractDIDStore {
  readonly #records: DidRecords
  readonly #keyStore: Pick<KeyStore, 'requireSigner'>

  constructor(records: DidRecords, keyStore: Pick<KeyStore, 'requireSigner'>) {
    super()
    this.#records = records
    this.#keyStore = keyStore
  }

  /** @throws DID_NOT_FOUND, also for an alias: DIDs have none here */
  async getDID({ did = '' }: { did?: string; alias?: string }): Promise<IIdentifier> {
    const record = await this.#records.get(did)
    if (!record) throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
    return this.#identifier(record)
  }

  async listDIDs({ alias, provider }: { alias?: string; provider?: string } = {}): Promise<IIdentifier[]> {
    if (alias !== undefined) return []
    const records = await this.#records.list()
    return Promise.all(
      records
        .filter(({ did }) => provider === undefined || did.startsWith(`${provider}:`))
        .map((record) => this.#identifier(record)),
    )
  }

  async importDID(): Promise<boolean> {
    throw readOnly()
  }

  async deleteDID(): Promise<boolean> {
    throw readOnly()
  }

  async #identifier({ did, keys }: DidRecord): Promise<IIdentifier> {
    const signers = await Promise.all(
      keys.filter(isManaged).map(({ keyRef }) => this.#keyStore.requireSigner(keyRef)),
    )
    return {
      did,
      provider: did.split(':', 2).join(':'),
      keys: signers.map(managedKey),
      services: [],
    }
  }
}
