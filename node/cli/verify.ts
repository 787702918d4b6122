import { isBundle, parseBundle } from '../bundle/bundle.ts'
import { createVerifier, isPresentation, type Verifier, verifyOffline } from '../verifier.ts'
import { CliError, type Exit } from './exit.ts'
import { parseInput, readBytes, readInput, type Sources } from './input.ts'
import { readContexts, readNetwork } from './network.ts'
import type { Command, Options } from './options.ts'
import { parseRegistration } from './registration.ts'
import { checkLines, credentialLines, offlineLines, printable, verdictText, worstOf } from './report.ts'

/** What a command prints, and how it ends. */
export interface Result {
  exit: Exit
  output: string
}

type Ending = 'verified' | 'failed' | 'unknown'

const print = (exit: Exit, { json }: Options, result: object, lines: readonly string[]): Result => ({
  exit,
  output: json
    ? `${printable({ verdict: exit, ...result })}\n`
    : `${[verdictText[exit as Ending], ...lines].join('\n')}\n`,
})

/** `cartulary verify`. @throws CliError, IssuerError */
export async function verify(sources: Sources, { subject, options }: Command): Promise<Result> {
  const bytes = await readBytes(sources, subject)
  const received = parseInput(bytes, subject)
  if (options.offline) return verifyAlone(options, bytes, received)
  if (options.digest !== undefined) throw new CliError('usage', '--digest belongs to --offline.')
  const network = await readNetwork(sources, options)
  const verifier = await createVerifier({
    ...network,
    didWeb: options['did-web'],
    publishedLists: options['fetch-lists'],
    contexts: await readContexts(sources, options),
  })
  try {
    return isPresentation(received)
      ? await verifyPresented(sources, { verifier, options, received })
      : await verifyIssued(sources, { verifier, options, received })
  } finally {
    await verifier.close()
  }
}

async function verifyAlone(options: Options, bytes: Uint8Array, received: unknown): Promise<Result> {
  if (!isBundle(received)) {
    throw new CliError('malformed', 'Only a bundle verifies offline: make one with cartulary bundle.')
  }
  const outcome = await verifyOffline({ bytes, digest: options.digest })
  const found = worstOf([outcome.checks])
  // What the bundle says for itself is a failure at the most: it proves nothing.
  const exit: Exit = found === 'verified' && !outcome.isTrusted ? 'unknown' : found
  const lines = [...credentialLines(outcome), ...offlineLines(outcome, new Date())]
  return print(exit, options, outcome, lines)
}

interface Online {
  verifier: Verifier
  options: Options
  received: unknown
}

const readChain = (sources: Sources, { chain }: Options): Promise<unknown[]> =>
  Promise.all((chain ?? []).map((file) => readInput(sources, file)))

/** The credential itself: of a bundle, or of what an API answered when it was issued. */
function unwrap(received: unknown): { credential: unknown; chain: unknown[]; registration?: unknown } {
  if (isBundle(received)) return parseBundle(received)
  const isAnswer =
    typeof received === 'object' && received !== null && 'credential' in received && !('@context' in received)
  return { credential: isAnswer ? received.credential : received, chain: [] }
}

async function verifyIssued(sources: Sources, { verifier, options, received }: Online): Promise<Result> {
  const { credential, chain, ...bundled } = unwrap(received)
  const given =
    options.registration === undefined ? bundled.registration : await readInput(sources, options.registration)
  const registration = given ? parseRegistration(given) : undefined
  const parents = [...chain, ...(await readChain(sources, options))]
  const outcome = await verifier.verifyCredential({
    ...{ credential, chain: parents },
    ...(registration && { registration }),
  })
  const registered = registration && (await verifier.checkRegistration({ credential, registration }))
  const lines = credentialLines(outcome)
  if (registered) {
    lines.push(
      `registered ${registered.time} in block ${registered.blockNumber}, ${registered.transactionHash}`,
    )
  } else if (registration) lines.push('The ledger does not have the registration that was given.')
  return print(
    worstOf([outcome.checks]),
    options,
    { ...outcome, ...(registration && { registration: registered ?? null }) },
    lines,
  )
}

async function verifyPresented(sources: Sources, { verifier, options, received }: Online): Promise<Result> {
  const { challenge, domain } = options
  const outcome = await verifier.verifyPresentation({
    presentation: received,
    chain: await readChain(sources, options),
    holderBinding: !options['any-holder'],
    ...(challenge === undefined ? {} : { challenge }),
    ...(domain === undefined ? {} : { domain }),
  })
  const { checks, credentials } = outcome
  const lines = [
    'presentation',
    ...checkLines(checks),
    ...credentials.flatMap((credential) => credentialLines(credential)),
    ...(challenge === undefined ? ['No challenge was given: it may have been shown before.'] : []),
  ]
  return print(
    worstOf([checks, ...credentials.map((credential) => credential.checks)]),
    options,
    outcome,
    lines,
  )
}
