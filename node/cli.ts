import { readFile } from 'node:fs/promises'
import { run } from './cli/run.ts'

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
const { code, stdout, stderr } = await run({
  ...{ version, stdin: process.stdin, fetch },
  args: process.argv.slice(2),
  screen: process.stderr,
  onInterrupt: (act) => {
    process.once('SIGINT', act)
    return () => process.off('SIGINT', act)
  },
})
process.stderr.write(stderr)
process.stdout.write(stdout)
process.exitCode = code
