import assert from 'node:assert/strict'
import { network } from 'hardhat'
import {
  BaseError,
  ContractFunctionRevertedError,
  concat,
  getAddress,
  getContract,
  type Hex,
  keccak256,
  numberToHex,
  parseAbi,
  parseEventLogs,
  parseSignature,
  stringToHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { didRegistryAbi } from '../../node/ledger/abi.ts'

/** The kinds of change, as DidRegistry numbers them. */
export const KIND = { setAttribute: 0, revokeAttribute: 1, addDelegate: 2, revokeDelegate: 3, changeOwner: 4 }

export interface Change {
  kind: number
  name: Hex
  value: Hex
  validity: bigint
}

export const NOBODY = '0x0000000000000000000000000000000000000000'
export const DAY = 86_400n

/** Text as bytes32, padded with zeros on the right. */
export const bytes32 = (text: string): Hex => stringToHex(text, { size: 32 })

export const setAttribute = (name: string, value: Hex, validity = DAY): Change => ({
  kind: KIND.setAttribute,
  name: bytes32(name),
  value,
  validity,
})
export const revokeAttribute = (name: string, value: Hex): Change => ({
  kind: KIND.revokeAttribute,
  name: bytes32(name),
  value,
  validity: 0n,
})
export const addDelegate = (type: string, delegate: Hex, validity = DAY): Change => ({
  kind: KIND.addDelegate,
  name: bytes32(type),
  value: delegate,
  validity,
})
export const revokeDelegate = (type: string, delegate: Hex): Change => ({
  kind: KIND.revokeDelegate,
  name: bytes32(type),
  value: delegate,
  validity: 0n,
})
export const changeOwner = (newOwner: Hex): Change => ({
  kind: KIND.changeOwner,
  name: bytes32(''),
  value: newOwner,
  validity: 0n,
})

/** A key that no other test has, for an identity without history. */
let keys = 0n
export const newAccount = () => privateKeyToAccount(keccak256(numberToHex(++keys)))
export type Account = ReturnType<typeof newAccount>

/** A fresh DidRegistry on a chain inside the process, or on the one at `rpcUrl`. */
export async function deployDidRegistry(rpcUrl?: string) {
  const { viem, provider } = await (rpcUrl
    ? network.create({ network: 'local', override: { url: rpcUrl } })
    : network.create())
  const client = await viem.getPublicClient()
  const [relayer, stranger] = await viem.getWalletClients()
  assert.ok(relayer && stranger)
  const { address } = await viem.deployContract('DidRegistry')
  const registry = getContract({ address, abi: didRegistryAbi, client: { public: client, wallet: relayer } })
  const chainId = await client.getChainId()

  /** An identity without history that signs here, has ether, and whose transactions the chain takes unsigned. */
  const newIdentity = async () => {
    const account = newAccount()
    await provider.request({
      method: 'hardhat_setBalance',
      params: [account.address, numberToHex(10n ** 20n)],
    })
    await provider.request({ method: 'hardhat_impersonateAccount', params: [account.address] })
    return account
  }

  /** A contract account that takes the signatures of `key` as its own. */
  const deployWallet = async (key: Hex) => {
    const { address } = await viem.deployContract('Erc1271Wallet', [key])
    const abi = parseAbi(['function execute(address target, bytes data)'])
    return getContract({ address: getAddress(address), abi, client: { public: client, wallet: relayer } })
  }

  /** Signs a batch by EIP-712, as `fields` say where they differ from what is right. */
  const signChanges = async (
    signer: Account,
    identity: Hex,
    changes: Change[],
    deadline: bigint,
    fields: { nonce?: bigint; chainId?: number; registry?: Hex } = {},
  ): Promise<Hex> =>
    signer.signTypedData({
      domain: {
        name: 'DidRegistry',
        version: '1',
        chainId: fields.chainId ?? chainId,
        verifyingContract: fields.registry ?? registry.address,
      },
      types: {
        ApplyChanges: [
          { name: 'identity', type: 'address' },
          { name: 'changes', type: 'Change[]' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
        Change: [
          { name: 'kind', type: 'uint8' },
          { name: 'name', type: 'bytes32' },
          { name: 'value', type: 'bytes' },
          { name: 'validity', type: 'uint256' },
        ],
      },
      primaryType: 'ApplyChanges',
      message: {
        identity,
        changes,
        nonce: fields.nonce ?? (await registry.read.changesNonce([identity])),
        deadline,
      },
    })

  /** Signs a call of ERC-1056: `0x1900 ‖ registry ‖ nonce(signer) ‖ identity ‖ call`, as v, r, s. */
  const signCall = async (signer: Account, identity: Hex, call: Hex[], nonce?: bigint) => {
    const paddedNonce = numberToHex(nonce ?? (await registry.read.nonce([signer.address])), { size: 32 })
    const hash = keccak256(concat(['0x1900', registry.address, paddedNonce, identity, ...call]))
    const { r, s, yParity } = parseSignature(await signer.sign({ hash }))
    return [27 + yParity, r, s] as const
  }

  /** The events of a transaction of the registry, with its block. */
  const eventsOf = async (hash: Hex) => {
    const { logs, blockNumber } = await client.getTransactionReceipt({ hash })
    const { timestamp } = await client.getBlock({ blockNumber })
    const events = parseEventLogs({ abi: registry.abi, logs }).map(
      ({ eventName, args }): Record<string, unknown> => ({ eventName, ...args }),
    )
    return { blockNumber, timestamp, events }
  }

  /** Mines all that `send` sends in one block. */
  const inOneBlock = async <T>(send: () => Promise<T>): Promise<T> => {
    await provider.request({ method: 'evm_setAutomine', params: [false] })
    const sent = await send()
    await provider.request({ method: 'evm_mine', params: [] })
    await provider.request({ method: 'evm_setAutomine', params: [true] })
    return sent
  }

  const now = async () => (await client.getBlock()).timestamp

  return {
    client,
    chainId,
    registry,
    relayer: getAddress(relayer.account.address),
    stranger: getAddress(stranger.account.address),
    newIdentity,
    deployWallet,
    signChanges,
    signCall,
    eventsOf,
    inOneBlock,
    now,
  }
}

/** A fresh DidRegistry on a chain that answers JSON-RPC over HTTP on a free port; `close` ends it. */
export async function serveDidRegistry() {
  const server = await network.createServer('node', '127.0.0.1', 0)
  const { address, port } = await server.listen()
  const rpcUrl = `http://${address}:${port}`
  return { ...(await deployDidRegistry(rpcUrl)), rpcUrl, close: () => server.close() }
}

/** Asserts that a call reverts with this reason, or this custom error and arguments. */
export async function reverts(call: Promise<unknown>, name: string, args?: unknown[]): Promise<void> {
  const error = await call.then(
    () => assert.fail(`did not revert with ${name}`),
    (e: unknown) => e,
  )
  if (!(error instanceof BaseError)) throw error
  const reverted = error.walk((e) => e instanceof ContractFunctionRevertedError)
  assert.ok(reverted instanceof ContractFunctionRevertedError, error.message)
  assert.equal(reverted.data?.errorName === 'Error' ? reverted.reason : reverted.data?.errorName, name)
  if (args) assert.deepEqual(reverted.data?.args, args)
}
