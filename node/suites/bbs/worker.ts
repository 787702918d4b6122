import { parentPort } from 'node:worker_threads'
import { type Answer, type Call, operations } from './operations.ts'

async function answer({ name, input }: Call): Promise<Answer> {
  try {
    return { result: await operations[name](input) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

parentPort?.on('message', async (call: Call) => parentPort?.postMessage(await answer(call)))
