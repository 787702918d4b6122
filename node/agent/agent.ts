import {
  type CredentialPayload,
  createAgent as createVeramoAgent,
  type DIDResolutionResult,
  type ICredentialPlugin,
  type IDIDManager,
  type IKeyManager,
  type IResolver,
  type TAgent,
} from '@veramo/core'
import { CredentialProviderJWT } from '@veramo/credential-jwt'
import { CredentialPlugin } from '@veramo/credential-w3c'
import { DIDManager } from '@veramo/did-manager'
import { DIDResolverPlugin } from '@veramo/did-resolver'
import { KeyManager } from '@veramo/key-manager'
import { IssuerError } from '../errors.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { JwtAgent } from '../suites/jwt-agent.ts'
import type { Suite } from '../suites/suite.ts'
import type { DidRecords } from './did-records.ts'
import { NodeDidStore } from './did-store.ts'
import { kms, NodeKeyList, NodeKeyManagementSystem } from './key-management.ts'
import { type ProviderDeps, suiteProvider } from './suite-provider.ts'

interface AgentDeps {
  keyStore: KeyStore
  dids: DidRecords
  /**
   * What the node resolves DIDs with: a `Resolver` of did-resolver 5. Veramo is typed against version 4, which differs
   * in what an `@context` may be, so that only the shape is asked for.
   */
  resolver: { resolve(did: string): Promise<object> }
  /** The node's suites with an embedded proof, as further proof formats of the agent; none when left out. */
  proofs?: Pick<ProviderDeps, 'resolveKey' | 'documentLoader' | 'now'> & { suites: readonly Suite[] }
}

export type VeramoAgent = TAgent<ICredentialPlugin & IDIDManager & IKeyManager & IResolver>

/** A Veramo agent over the node's keys, DIDs and resolver; it keeps nothing itself. */
export function createAgent({ keyStore, dids, resolver, proofs }: AgentDeps): VeramoAgent {
  const providers = proofs
    ? proofs.suites.map((suite) => suiteProvider({ ...proofs, suite, dids, keyStore }))
    : []
  return createVeramoAgent<ICredentialPlugin & IDIDManager & IKeyManager & IResolver>({
    plugins: [
      new KeyManager({
        store: new NodeKeyList(keyStore),
        kms: { [kms]: new NodeKeyManagementSystem(keyStore) },
      }),
      new DIDManager({ store: new NodeDidStore(dids, keyStore), defaultProvider: '', providers: {} }),
      new DIDResolverPlugin({
        resolver: { resolve: (did) => resolver.resolve(did) as Promise<DIDResolutionResult> },
      }),
      new CredentialPlugin([new CredentialProviderJWT(), ...providers]),
    ],
  })
}

/** The agent as the JWT suite wants it. */
export function jwtAgent(agent: Pick<VeramoAgent, 'createVerifiableCredential'>): JwtAgent {
  return {
    createCredentialJwt: async ({ document, keyRef, kid }) => {
      const credential = await agent.createVerifiableCredential({
        credential: { ...document } as CredentialPayload,
        proofFormat: 'jwt',
        keyRef,
        header: { kid },
      })
      const token: unknown = credential.proof.jwt
      if (typeof token !== 'string') throw new IssuerError('SIGNING_FAILED')
      return token
    },
  }
}
