import { parseConfig } from '../node/config.ts'
import { main } from '../node/main.ts'

/** A node in a process of its own, to be killed. Its one argument is the JSON of its environment and its chain. */
async function runUntilKilled(argument: string): Promise<void> {
  const { environment, chain } = JSON.parse(argument)
  const node = await main({ config: parseConfig(environment), chain })
  process.stdout.write(`${node.url}\n`)
}

// Mocha imports every file of this folder
if (import.meta.main) await runUntilKilled(process.argv[2] as string)
