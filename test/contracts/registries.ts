import { network } from 'hardhat'
import { type Address, getContract, type Hex, stringToHex } from 'viem'
import Registries from '../../ignition/modules/Registries.ts'
import {
  credentialDefinitionRegistryAbi,
  didRegistryAbi,
  schemaRegistryAbi,
  statusListRegistryAbi,
} from '../../node/ledger/abi.ts'
import type { RegistryAddresses } from '../../node/ledger/ledger.ts'

/** A delegate type of DidRegistry: ASCII padded with zeros on the right. */
export const delegateType = (type: 'schema' | 'status'): Hex => stringToHex(type, { size: 32 })

/**
 * The registries on a chain of their own inside the process, and accounts with roles: `issuer` (owner of its DID),
 * `delegate` (its delegate for `schema` and `status`), `stranger`, `relayer` (pays, may do nothing).
 */
export async function deployRegistries() {
  const { viem, ignition } = await network.create()
  const deployed: Record<keyof RegistryAddresses, { address: Address }> = await ignition.deploy(Registries)
  const client = await viem.getPublicClient()
  const chain = await viem.getTestClient()
  const wallets = await viem.getWalletClients()
  const [issuer, delegate, stranger, relayer] = wallets
  if (!issuer || !delegate || !stranger || !relayer) throw new Error('the chain has too few accounts')

  const didRegistry = getContract({
    abi: didRegistryAbi,
    address: deployed.didRegistry.address,
    client: { public: client, wallet: issuer },
  })
  const schemaRegistry = getContract({
    abi: schemaRegistryAbi,
    address: deployed.schemaRegistry.address,
    client: { public: client, wallet: issuer },
  })
  const credentialDefinitionRegistry = getContract({
    abi: credentialDefinitionRegistryAbi,
    address: deployed.credentialDefinitionRegistry.address,
    client: { public: client, wallet: issuer },
  })
  const statusListRegistry = getContract({
    abi: statusListRegistryAbi,
    address: deployed.statusListRegistry.address,
    client: { public: client, wallet: issuer },
  })

  const day = 86_400n
  const addDelegate = (type: 'schema' | 'status', account: Address) =>
    didRegistry.write.addDelegate([issuer.account.address, delegateType(type), account, day])
  await addDelegate('schema', delegate.account.address)
  await addDelegate('status', delegate.account.address)

  return {
    client,
    chain,
    issuer,
    delegate,
    stranger,
    relayer,
    didRegistry,
    schemaRegistry,
    credentialDefinitionRegistry,
    statusListRegistry,
    addDelegate,
    /** Deactivates the issuer's DID. */
    deactivateIssuer: () =>
      didRegistry.write.changeOwner([issuer.account.address, '0x0000000000000000000000000000000000000000']),
    /** Time of the newest block, seconds since 1970. */
    now: async () => (await client.getBlock()).timestamp,
    /** Gas that a mined transaction used. */
    gasOf: async (hash: Promise<Hex>) =>
      Number((await client.getTransactionReceipt({ hash: await hash })).gasUsed),
  }
}

export type DeployedRegistries = Awaited<ReturnType<typeof deployRegistries>>
