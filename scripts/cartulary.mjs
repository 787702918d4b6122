#!/usr/bin/env node
// The command `cartulary`. Plain JavaScript, because any Node from 18 on must be able to run it: it hands over to
// Node 24, which the dependency `node` brings. Of a checkout it runs the sources, of a package what `prepack` emitted.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = join(root, 'node', 'cli.ts')
const program = existsSync(sources) ? sources : join(root, 'dist', 'cli.js')

/** The Node that the dependency brings, or this one where it is new enough. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  try {
    const found = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
    return existsSync(found) ? found : undefined
  } catch {
    return undefined
  }
}

const node = findNode()
if (node === undefined) {
  const way = existsSync(sources)
    ? 'run `node scripts/setup.mjs --no-build` in the checkout once'
    : 'install Node 24, or allow the install script of the dependency `node`'
  console.error(`Node 24 or newer is needed; this is ${process.version}. A way out: ${way}.`)
  process.exit(69)
}
const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' })
// a terminal interrupts both: the command decides what that means, and this process waits for it
process.on('SIGINT', () => {})
child.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 69
})
child.on('close', (code, signal) => {
  process.removeAllListeners('SIGINT')
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code ?? 70
})
