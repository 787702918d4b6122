import {
  bytesToHex,
  type DecodeEventLogReturnType,
  decodeEventLog,
  encodeFunctionData,
  getContract,
  hashTypedData,
  hexToBytes,
  hexToString,
  pad,
  stringToHex,
} from 'viem'
import { IssuerError } from '../errors.ts'
import { didRegistryAbi as abi } from './abi.ts'
import type { ChainClient } from './client.ts'
import type { Address, DidChange, DidEvent, DidLedger, Hex } from './ledger.ts'
import { answer } from './ledger-error.ts'
import type { Relayer } from './relayer.ts'

/** Anyone may give a DID a history without end, and anyone may ask for it. */
const longestHistory = 2_000
const tooLong = (identity: Address) =>
  new IssuerError('LEDGER_DATA_INVALID', {
    detail: `The DID has changed more than ${longestHistory} times.`,
    facts: { identity },
  })

interface DidRegistryDeps {
  client: ChainClient
  relayer: Relayer
  address: Address
  chainId: number
}

// IDidRegistry.ChangeKind
const changeKinds = [
  'setAttribute',
  'revokeAttribute',
  'addDelegate',
  'revokeDelegate',
  'changeOwner',
] as const

// Long enough for a transaction that waits in the pool, short enough that a lost one is soon worth nothing.
const signatureLifetime = 3600n

const changeTypes = {
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
} as const

/** ASCII as bytes32, zeros on the right; the exact inverse of `fromBytes32`. */
const toBytes32 = (text: string): Hex => stringToHex(text, { size: 32 })
const fromBytes32 = (bytes: Hex): string => hexToString(bytes).replace(/\0+$/, '')

function encodeChange(change: DidChange) {
  const kind = changeKinds.indexOf(change.kind)
  switch (change.kind) {
    case 'setAttribute':
    case 'revokeAttribute': {
      const validity = change.kind === 'setAttribute' ? BigInt(change.validity) : 0n
      return { kind, name: toBytes32(change.name), value: bytesToHex(change.value), validity }
    }
    case 'addDelegate':
    case 'revokeDelegate': {
      const validity = change.kind === 'addDelegate' ? BigInt(change.validity) : 0n
      return { kind, name: toBytes32(change.type), value: change.delegate, validity }
    }
    case 'changeOwner':
      return { kind, name: pad('0x', { size: 32 }), value: change.owner, validity: 0n }
  }
}

const lowerCase = (address: Address): Address => address.toLowerCase() as Address

type ChangeEvent = Exclude<DecodeEventLogReturnType<typeof abi>, { eventName: 'EIP712DomainChanged' }>

function decodeChange(log: ChangeEvent): DidEvent['change'] {
  switch (log.eventName) {
    case 'DIDOwnerChanged':
      return { kind: 'ownerChanged', owner: lowerCase(log.args.owner) }
    case 'DIDDelegateChanged': {
      const { delegateType, delegate, validTo } = log.args
      return {
        kind: 'delegateChanged',
        type: fromBytes32(delegateType),
        delegate: lowerCase(delegate),
        validTo,
      }
    }
    case 'DIDAttributeChanged': {
      const { name, value, validTo } = log.args
      return { kind: 'attributeChanged', name: fromBytes32(name), value: hexToBytes(value), validTo }
    }
  }
}

/** DidRegistry at one address. */
export function createDidLedger({ client, relayer, address, chainId }: DidRegistryDeps): DidLedger {
  const { read } = getContract({ abi, address, client })

  /** The events of an identity in one block, and the block of the change before them (0: none). */
  async function eventsAt(identity: Address, blockNumber: bigint) {
    const [all, block] = await answer(
      Promise.all([
        client.getLogs({ address, fromBlock: blockNumber, toBlock: blockNumber }),
        client.getBlock({ blockNumber }),
      ]),
    )
    const logs = all.filter(({ topics }) => topics[1] === pad(identity, { size: 32 }))
    const decoded = logs.map(({ data, topics }) => decodeEventLog({ abi, data, topics }) as ChangeEvent)
    const previous = decoded.map(({ args }) => args.previousChange).find((change) => change < blockNumber)
    if (previous === undefined) {
      throw new IssuerError('LEDGER_DATA_INVALID', {
        detail: 'The chain does not show the events of a block in which the DID changed.',
        facts: { identity, blockNumber: Number(blockNumber) },
      })
    }
    const time = new Date(Number(block.timestamp) * 1000).toISOString()
    const events = logs.map(
      ({ transactionHash }, i): DidEvent => ({
        blockNumber: Number(blockNumber),
        time,
        transactionHash,
        change: decodeChange(decoded[i] as ChangeEvent),
      }),
    )
    return { events, previous }
  }

  return {
    isActive: (identity) => answer(read.isActive([identity])),
    owner: async (identity) => lowerCase(await answer(read.identityOwner([identity]))),
    isAuthorized: (identity, delegateType, actor) =>
      answer(read.isAuthorized([identity, toBytes32(delegateType), actor])),
    applyChangesSigned: async ({ identity, changes, sign }, options) => {
      const encoded = changes.map(encodeChange)
      const [nonce, block] = await answer(
        Promise.all([read.changesNonce([identity]), client.getBlock({ blockTag: 'latest' })]),
      )
      const deadline = block.timestamp + signatureLifetime
      const digest = hashTypedData({
        domain: { name: 'DidRegistry', version: '1', chainId, verifyingContract: address },
        types: changeTypes,
        primaryType: 'ApplyChanges',
        message: { identity, changes: encoded, nonce, deadline },
      })
      const signature = bytesToHex(await sign(hexToBytes(digest)))
      const args = [identity, encoded, deadline, signature] as const
      const data = encodeFunctionData({ abi, functionName: 'applyChangesSigned', args })
      return relayer.send({ to: address, data, abi, purpose: 'did' }, options)
    },
    encodeChanges: ({ identity, changes }) => ({
      to: address,
      data: encodeFunctionData({
        abi,
        functionName: 'applyChanges',
        args: [identity, changes.map(encodeChange)],
      }),
    }),
    history: async (identity) => {
      const history: (readonly DidEvent[])[] = []
      let block = await answer(read.changed([identity]))
      let count = 0
      while (block > 0n) {
        const { events, previous } = await eventsAt(identity, block)
        history.push(events)
        count += events.length
        if (count > longestHistory) throw tooLong(identity)
        block = previous
      }
      return history.reverse().flat()
    },
  }
}
