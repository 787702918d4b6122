import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

// The reference: the WebAssembly build of anoncreds-rs in an npm package (Apache-2.0), by its integrity digest.
const packageName = '@hyperledger/identus-edge-agent-sdk@6.1.0'
const integrity = 'SSdGo+DriPBlE2P9nLMv+hh2/pHSgTOph8uebmePWKKLgTlWo6A9ruGnQLE4qabZVVdjnVxLQmnY2WZvQFxlhg=='
const glue = 'package/build/node/anoncreds_wasm-e8a44cc4.js'

const run = promisify(execFile)

/** An object of the reference, read from and written to JSON. */
interface Wrapped {
  toJSON(): unknown
}
interface Reader {
  from(json: unknown): Wrapped
}

/** The classes of the reference that are used here. */
export interface Reference {
  Credential: Reader
  CredentialDefinition: Reader
  CredentialDefinitionPrivate: Reader
  CredentialKeyCorrectnessProof: Reader
  CredentialOffer: Reader
  CredentialRequest: Reader
  CredentialSchema: Reader
  Presentation: Reader
  PresentationRequest: Reader
  LinkSecret: new () => { toString(): string }
  Issuer: {
    createCredentialOffer(schemaId: string, definitionId: string, proof: Wrapped): Wrapped
    createCredential(
      definition: Wrapped,
      privateKey: Wrapped,
      offer: Wrapped,
      request: Wrapped,
      values: Readonly<Record<string, string>>,
    ): Wrapped
  }
  Prover: {
    createCredentialRequest(
      definition: Wrapped,
      linkSecret: { toString(): string },
      name: string,
      offer: Wrapped,
    ): { request: Wrapped; metadata: Wrapped }
    processCredential(
      credential: Wrapped,
      metadata: Wrapped,
      linkSecret: { toString(): string },
      definition: Wrapped,
    ): Wrapped
    createPresentation(
      request: Wrapped,
      credential: Wrapped,
      linkSecret: { toString(): string },
      schemas: Readonly<Record<string, Wrapped>>,
      definitions: Readonly<Record<string, Wrapped>>,
    ): Wrapped
  }
  Verifier: {
    verifyPresentation(
      presentation: Wrapped,
      request: Wrapped,
      schemas: Readonly<Record<string, Wrapped>>,
      definitions: Readonly<Record<string, Wrapped>>,
    ): boolean
  }
}

/** What the reference gives out, as plain JSON: its maps become objects. */
export function plain(wrapped: Wrapped): never {
  const text = JSON.stringify(wrapped.toJSON(), (_, value) =>
    value instanceof Map ? Object.fromEntries(value) : value,
  )
  return JSON.parse(text) as never
}

/** Fetches the reference once into a folder and loads it; nothing of its package is installed or run but this build. */
export async function openReference(folder: string): Promise<Reference> {
  const home = join(folder, 'anoncreds-reference')
  const require = createRequire(import.meta.url)
  try {
    return require(join(home, 'package/build/node/glue.cjs'))
  } catch (error) {
    if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error
  }
  const fresh = `${home}.${process.pid}`
  await mkdir(fresh, { recursive: true })
  const { stdout } = await run('npm', ['pack', packageName, '--silent', '--pack-destination', fresh])
  const tarball = join(fresh, stdout.trim())
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')
  if (digest !== integrity) throw new Error(`${packageName} has another digest than expected: ${digest}`)
  await run('tar', ['xzf', tarball, '-C', fresh, glue, 'package/build/node-wasm/anoncreds.wasm'])
  await writeFile(join(fresh, 'package/build/node/glue.cjs'), await readFile(join(fresh, glue)))
  await rm(home, { recursive: true, force: true })
  await rename(fresh, home)
  return require(join(home, 'package/build/node/glue.cjs'))
}
