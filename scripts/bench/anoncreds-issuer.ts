import { parentPort, workerData } from 'node:worker_threads'
import { createCredential } from '../../node/anoncreds/anoncreds.ts'

// One thread of an issuer: checks a request and signs, for so many milliseconds; answers how often.

const { milliseconds, input } = workerData as {
  milliseconds: number
  input: Parameters<typeof createCredential>[0]
}
createCredential(input)
parentPort?.postMessage('ready')
parentPort?.once('message', () => {
  const end = performance.now() + milliseconds
  let count = 0
  while (performance.now() < end) {
    createCredential(input)
    count += 1
  }
  parentPort?.postMessage(count)
  parentPort?.close()
})
