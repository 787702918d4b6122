import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromNodeProcess } from './node-process.ts'

/** A node in another process, with a chain in a third one. */
export interface NodeProcess {
  url: string
  adminApiKey: string
  rpcUrl: string
  close(): Promise<void>
}

/** Starts it; rate limits are as high as they can be set. */
export async function openNodeProcess(): Promise<NodeProcess> {
  const child = fork(fileURLToPath(new URL('./node-process.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromNodeProcess | number]
  if (typeof message !== 'object' || message === null) throw new Error('The node has stopped.')
  if (message.kind === 'failed') throw new Error(message.message)
  return {
    ...message,
    close: async () => {
      child.disconnect()
      await ended
    },
  }
}
