import { writeFile } from 'node:fs/promises'
import { registrationSchema } from '../verification/registration-evidence.ts'
import { bundleDigest, createVerifier } from '../verifier.ts'
import { CliError } from './exit.ts'
import { fetchJson, readBytes, readInput, type Sources } from './input.ts'
import { httpUrl, nodeAddress, readContexts, readNetwork } from './network.ts'
import type { Command, Options } from './options.ts'
import { parseRegistration } from './registration.ts'
import type { Result } from './verify.ts'

/** `cartulary bundle`: `notice` goes to standard error, so that the bundle itself may go to standard output. */
export async function bundle(
  sources: Sources,
  { subject, options }: Command,
): Promise<Result & { notice: string }> {
  const node = options.node === undefined ? undefined : requireUrl(options.node)
  const credential = await readCredential(sources, { subject, options, node })
  const registration = await readRegistration(sources, { credential, options, node })
  const chain = await Promise.all((options.chain ?? []).map((file) => readInput(sources, file)))
  const verifier = await createVerifier({
    ...(await readNetwork(sources, options)),
    didWeb: options['did-web'],
    contexts: await readContexts(sources, options),
  })
  try {
    const made = await verifier.makeBundle({ credential, chain, ...(registration && { registration }) })
    const text = `${JSON.stringify(made, null, 2)}\n`
    const notice = [
      `as of block ${made.block.number}, ${made.block.time}`,
      ...(registration ? [] : ['without a registration: none was given or found']),
      `SHA-256 ${bundleDigest(Buffer.from(text))}`,
      'Whoever verifies it offline needs this digest from you, by another way than the bundle.',
    ].join('\n')
    if (options.out === undefined) return { exit: 'verified', output: text, notice: `${notice}\n` }
    await writeFile(options.out, text).catch((error: NodeJS.ErrnoException) => {
      throw new CliError('unreadable', `${options.out} cannot be written: ${error.code ?? error.message}.`)
    })
    return { exit: 'verified', output: '', notice: `${notice}\n` }
  } finally {
    await verifier.close()
  }
}

interface Where {
  options: Options
  node: URL | undefined
}

function requireUrl(text: string): URL {
  const url = httpUrl(text)
  if (!url) throw new CliError('usage', `--node must be the URL of a node, not ${text}.`)
  return url
}

/** An id begins with a scheme, as `urn:uuid:…` does. */
const isId = (subject: string): boolean => /^[a-z][a-z0-9+.-]+:\S+$/i.test(subject)

async function readCredential(sources: Sources, { subject, options, node }: Where & { subject: string }) {
  if (!isId(subject)) {
    const received = await readInput(sources, subject)
    const isAnswer = typeof received === 'object' && received !== null && 'credential' in received
    return isAnswer && !('@context' in received) ? received.credential : received
  }
  const file = options['api-key-file']
  if (!node || file === undefined) {
    throw new CliError('usage', 'To get a credential by its ID, give --node and --api-key-file.')
  }
  const key = (await readBytes(sources, file)).toString('utf8').trim()
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) throw new CliError('malformed', `${file} holds no API key.`)
  const path = `credentials/${encodeURIComponent(subject)}`
  const answer = await fetchJson(sources, nodeAddress(node, path), { authorization: `Bearer ${key}` })
  return (answer as { credential?: unknown }).credential
}

async function readRegistration(
  sources: Sources,
  { credential, options, node }: Where & { credential: unknown },
) {
  if (options.registration !== undefined) {
    return parseRegistration(await readInput(sources, options.registration))
  }
  const id = idOf(credential)
  if (!node || id === undefined) return undefined
  const path = `credentials/${encodeURIComponent(id)}/registration`
  try {
    return registrationSchema.safeParse(await fetchJson(sources, nodeAddress(node, path))).data
  } catch (error) {
    // a credential without a status entry has no registration
    if (error instanceof CliError && / answers 4\d\d/.test(error.message)) return undefined
    throw error
  }
}

/** The id of a credential: its own, or the `jti` or the `vc.id` of a token. */
function idOf(credential: unknown): string | undefined {
  const document = typeof credential === 'string' ? payloadOf(credential) : credential
  const { id, jti, vc } = (document ?? {}) as { id?: unknown; jti?: unknown; vc?: { id?: unknown } }
  const found = jti ?? id ?? vc?.id
  return typeof found === 'string' ? found : undefined
}

function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
