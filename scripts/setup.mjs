// Makes a checkout ready to run: Node 24, the dependencies, the compiled contracts.
// Plain JavaScript without dependencies, because any Node from 18 on must be able to run it.
// `--no-build` leaves the contracts alone.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from './setup-lock.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamps = join(modules, '.cartulary')
const node = join(modules, '.bin', 'node')
const nodeVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies.node

class SetupError extends Error {}

async function main() {
  const steps = [installation()]
  if (!process.argv.includes('--no-build')) steps.push(contracts())
  if (steps.every((step) => step.isDone())) return
  await withLock(root, async () => {
    for (const step of steps) {
      if (step.isDone()) continue
      await step.run()
      writeStamp(step.name, step.digest())
    }
  })
}

/** node_modules is what package-lock.json says. */
function installation() {
  const digest = () => digestOf(['package-lock.json'], `${process.platform}-${process.arch}`)
  return {
    name: 'installation',
    digest,
    isDone: () => existsSync(node) && readStamp('installation') === digest(),
    run: async () => {
      if (!matchesLockFile() || (await problemOfInstallation()) !== undefined) await install()
      const problem = await problemOfInstallation()
      if (problem !== undefined) throw new SetupError(problem)
    },
  }
}

/** artifacts/ was compiled from the sources as they are now. */
function contracts() {
  const digest = () => digestOf(['hardhat.config.ts', 'package-lock.json', ...solidityFiles('contracts')], '')
  const compiled = () => {
    const folder = join(root, 'artifacts', 'build-info')
    return existsSync(folder) && readdirSync(folder).length > 0
  }
  return {
    name: 'contracts',
    digest,
    isDone: () => compiled() && readStamp('contracts') === digest(),
    run: async () => {
      const hardhat = join(modules, 'hardhat', 'dist', 'src', 'cli.js')
      const title = 'Compiling the contracts (up to a minute when they have changed)'
      const { code } = await run(title, node, [hardhat, 'build', '--no-tests', '--quiet'])
      if (code !== 0) throw new SetupError('The contracts do not compile: see the messages above.')
    },
  }
}

// npm leaves out optional packages whose engine range refuses the Node that runs npm, and Hardhat's native
// part is one of them. So npm itself must run under Node 24, which npx fetches from the registry of npm's
// own configuration. A local copy of the package would be used without a look whether it works: drop it.
async function install() {
  rmSync(join(modules, 'node'), { recursive: true, force: true })
  const npm = [
    'npm',
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const title = `Installing Node ${nodeVersion} and the dependencies (about half a minute)`
  const { code } = await run(title, 'npx', ['--yes', `--package=node@${nodeVersion}`, '--', ...npm])
  if (code !== 0) {
    throw new SetupError(
      'The dependencies could not be installed: see the messages of npm above. They come from the registry ' +
        'that `npm config get registry` names, which must be reachable; then run the same command again.',
    )
  }
  await installNode()
}

// The package `node` fetches the binary in an install script, which `ignore-scripts` or a policy may forbid.
async function installNode() {
  const script = join(modules, 'node', 'installArchSpecificPackage.js')
  if (existsSync(node) || !existsSync(script)) return
  const options = { cwd: join(modules, 'node') }
  await run(`Installing Node ${nodeVersion} without an install script`, process.execPath, [script], options)
}

/** A sentence that says what is wrong and the way out, or undefined. */
async function problemOfInstallation() {
  const version = await run(undefined, node, ['--version'])
  if (version.code !== 0 || version.output.trim() !== `v${nodeVersion}`) {
    return (
      `node_modules/.bin/node is not a working Node ${nodeVersion} (${process.platform} ${process.arch}).\n` +
      'The npm package `node` brings it, in an install script: allow that (npm config get ignore-scripts),\n' +
      'delete node_modules and run the same command again.'
    )
  }
  const native = await run(undefined, node, ['-e', 'require("@nomicfoundation/edr")'])
  if (native.code === 0) return undefined
  return (
    `The native part of Hardhat (@nomicfoundation/edr) is missing for ${process.platform} ${process.arch}.\n` +
    'It exists for Linux (glibc and musl) and macOS, x64 and arm64, and for Windows x64.\n' +
    'On one of these, delete node_modules and run the same command again.'
  )
}

/** Whether npm has installed every package of package-lock.json that this platform needs. */
function matchesLockFile() {
  const hidden = join(modules, '.package-lock.json')
  if (!existsSync(hidden)) return false
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    if (installed[path] === undefined) return entry.optional === true || entry.devOptional === true
    return installed[path].version === entry.version && installed[path].integrity === entry.integrity
  })
}

/** Runs a command; with a title its output is shown, and a line every ten seconds where npm draws no spinner. */
function run(title, command, args, options = {}) {
  const started = Date.now()
  if (title !== undefined) console.log(`${title} …`)
  return new Promise((resolve) => {
    const stdio = [
      'ignore',
      title === undefined ? 'pipe' : 'inherit',
      title === undefined ? 'ignore' : 'inherit',
    ]
    const child = spawn(command, args, { cwd: root, stdio, ...options })
    const seconds = () => Math.round((Date.now() - started) / 1000)
    const heartbeat = setInterval(() => {
      if (title !== undefined && !process.stderr.isTTY) console.log(`  … ${seconds()} s`)
    }, 10_000)
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    const finish = (code) => {
      clearInterval(heartbeat)
      if (title !== undefined && code === 0) console.log(`  done in ${seconds()} s`)
      resolve({ code, output })
    }
    child.on('error', (error) => {
      if (title !== undefined) console.error(`  ${command}: ${error.message}`)
      finish(-1)
    })
    child.on('close', finish)
  })
}

function digestOf(files, salt) {
  const hash = createHash('sha256').update(salt)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function solidityFiles(folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return solidityFiles(path)
    return entry.name.endsWith('.sol') ? [path] : []
  })
}

function readStamp(name) {
  const file = join(stamps, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function writeStamp(name, digest) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(join(stamps, name), digest)
}

if (Number(process.versions.node.split('.')[0]) < 18) {
  console.error(`Node 18 or newer is needed to set up; this is ${process.version}.`)
  process.exit(1)
}
try {
  await main()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n${error.message}`)
  process.exitCode = 1
}
