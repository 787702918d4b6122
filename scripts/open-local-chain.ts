import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Address, RegistryAddresses } from '../node/ledger/ledger.ts'
import type { FromLocalChain, ToLocalChain } from './local-chain.ts'

/** A chain that runs in a child process, with the registries on it. */
export interface LocalChain {
  rpcUrl: string
  chainId: number
  registries: RegistryAddresses
  /** Gives the account 10,000 ether. */
  fund(address: Address): Promise<void>
  /** Settles when the process has ended, whoever ended it. */
  ended: Promise<void>
  close(): Promise<void>
}

/**
 * Starts a chain on 127.0.0.1 and deploys the registries; it forgets everything when it is closed.
 *
 * @throws Error when the port is in use (names CHAIN_PORT) or the deployment fails
 */
export async function openLocalChain(port: number): Promise<LocalChain> {
  const script = fileURLToPath(new URL('./local-chain.ts', import.meta.url))
  const child = fork(script, [String(port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(child, 'exit').then(() => undefined)
  const next = async (matches: (message: FromLocalChain) => boolean): Promise<FromLocalChain> => {
    const message = await Promise.race([receive(matches), ended])
    if (!message) throw new Error('The local chain has stopped.')
    if (message.kind === 'failed') throw new Error(message.message)
    return message
  }
  const receive = (matches: (message: FromLocalChain) => boolean) =>
    new Promise<FromLocalChain>((resolve) => {
      const listen = (message: FromLocalChain) => {
        if (!matches(message)) return
        child.off('message', listen)
        resolve(message)
      }
      child.on('message', listen)
    })
  const ready = await next(() => true)
  if (ready.kind !== 'ready') throw new Error(`The local chain answered ${ready.kind}.`)
  let requests = 0
  return {
    rpcUrl: ready.rpcUrl,
    chainId: ready.chainId,
    registries: ready.registries,
    fund: async (address) => {
      const id = requests++
      const funded = next((message) => message.kind !== 'ready' && message.id === id)
      child.send({ kind: 'fund', id, address } satisfies ToLocalChain)
      await funded
    },
    ended,
    close: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
