import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startFlags } from '../start-flags.ts'
import type { FromNodeProcess } from './node-process.ts'

/** A node in another process, with a chain in a third one. */
export interface NodeProcess {
  url: string
  adminApiKey: string
  rpcUrl: string
  dataDir: string
  pid: number
  close(): Promise<void>
}

/** Starts it with the flags of `npm start`; rate limits are as high as they can be set. `variables` add to its configuration. */
export async function openNodeProcess(
  variables: Readonly<Record<string, string>> = {},
): Promise<NodeProcess> {
  const script = fileURLToPath(new URL('./node-process.ts', import.meta.url))
  const child = fork(script, [JSON.stringify(variables)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: startFlags(),
  })
  const ended = once(child, 'exit')
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [FromNodeProcess | number]
  if (typeof message !== 'object' || message === null) throw new Error('The node has stopped.')
  if (message.kind === 'failed') throw new Error(message.message)
  return {
    ...message,
    pid: child.pid as number,
    close: async () => {
      child.disconnect()
      await ended
    },
  }
}
