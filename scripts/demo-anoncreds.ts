import * as story from './demo/anoncreds-story.ts'
import { nodeClient } from './node-client.ts'
import { type OwnNode, startOwnNodes } from './own-node.ts'

// `npm run demo:anoncreds`: an issuer, a holder and a verifier, each with a node of its own on one chain. The eleven
// steps of the AnonCreds issuance data flow, then presentations with a predicate.

const say = (text: string) => process.stdout.write(`${text}\n`)
const short = (value: unknown) => {
  const text = String(value)
  return text.length > 64 ? `${text.slice(0, 48)}… (${text.length} digits)` : text
}

/** Does one thing and prints what came of it, a line each. */
async function tell<Result>(
  title: string,
  run: () => Promise<Result>,
  describe: (result: Result) => readonly string[],
): Promise<Result> {
  try {
    const result = await run()
    say([`\n${title}`, ...describe(result).map((line) => `    ${line}`)].join('\n'))
    return result
  } catch (error) {
    say(`\n${title}\n    FAILED: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  }
}

async function prepare(cast: story.Cast) {
  const issuerDid = await tell(
    'An issuer, with its DID on the ledger',
    () => story.createIssuer(cast),
    (did) => [did],
  )
  const { schemaId } = await tell(
    'A schema, on the ledger',
    () => story.registerSchema(cast, issuerDid),
    ({ schemaId: id, digest, transactionHash }) => [id, `digest ${digest}`, `transaction ${transactionHash}`],
  )
  say('\nA credential definition: its key needs two safe primes, which take seconds to a minute …')
  const { credDefId } = await tell(
    'A credential definition, on the ledger before anything is offered from it',
    () => story.defineCredential(cast, { issuerDid, schemaId }, (text) => say(`    ${text}`)),
    ({ credDefId: id, digest, seconds }) => [id, `digest ${digest}`, `made in ${seconds.toFixed(1)} s`],
  )
  const { ofIssuer, ofHolder } = await tell(
    'A connection between issuer and holder, by an invitation that works once',
    () => story.connect(cast),
    (sides) => [
      `issuer: ${sides.ofIssuer.role} ${sides.ofIssuer.state} with ${sides.ofIssuer.theirLabel}`,
      `holder: ${sides.ofHolder.role} ${sides.ofHolder.state} with ${sides.ofHolder.theirLabel}`,
    ],
  )
  return { credDefId, connectionId: ofIssuer.id as string, ofHolder }
}

async function offer(cast: story.Cast, terms: { connectionId: string; credDefId: string }) {
  const { threadId } = await tell(
    '1.  Issuer: create the credential offer',
    () => story.createOffer(cast, terms),
    ({ messages: { offer: said }, state }) => [
      `nonce ${said.content.nonce}`,
      `with the proof that the key is well made: c ${short(said.content.key_correctness_proof.c)}`,
      `exchange as ISSUER: ${state}`,
    ],
  )
  const received = await tell(
    '2.  Issuer to holder: send the credential offer',
    () => story.receiveOffer(cast, threadId),
    ({ threadId: id, state }) => [`thread ${id}`, `exchange as HOLDER: ${state}`],
  )
  const { content, preview } = received.messages.offer
  await tell(
    '3.  Holder: process the credential offer',
    async () => received.messages.offer,
    ({ comment }) => [
      `"${comment}", of ${content.cred_def_id}`,
      ...preview.map(({ name, value }: { name: string; value: string }) => `${name}: ${value}`),
    ],
  )
  return { threadId: threadId as string, exchangeId: received.id as string, content }
}

async function request(cast: story.Cast, offered: Awaited<ReturnType<typeof offer>>) {
  const { schema, definition } = await tell(
    '4.  Holder to ledger: request schema and credential definition',
    () => story.readLedger(cast, offered.content),
    () => [offered.content.schema_id, offered.content.cred_def_id],
  )
  await tell(
    '5.  Ledger to holder: return schema and credential definition',
    async () => definition.credentialDefinition.value.primary,
    ({ n, r }) => [
      `schema of ${schema.schema.attrNames.join(', ')}; digest checked: ${schema.digest}`,
      `definition with bases for ${Object.keys(r).join(', ')}; digest checked: ${definition.digest}`,
      `modulus n ${short(n)}`,
    ],
  )
  await tell(
    '6.  Holder: create the credential request, over its blinded link secret',
    () => story.createRequest(cast, offered.exchangeId),
    ({ messages: { request: said }, state }) => [
      `u ${short(said.content.blinded_ms.u)}`,
      `nonce ${said.content.nonce}`,
      `exchange as HOLDER: ${state}`,
    ],
  )
  return tell(
    '7.  Holder to issuer: send the credential request',
    () => story.receiveRequest(cast, offered.threadId),
    ({ state }) => [`exchange as ISSUER: ${state}`],
  )
}

async function issue(
  cast: story.Cast,
  threadId: string,
  requested: { id: string; messages: { request: unknown } },
) {
  await tell(
    '8.  Issuer: process the credential request',
    async () => requested.messages.request as { content: { blinded_ms_correctness_proof: { c: string } } },
    ({ content }) => [
      `to be checked against the nonce of the offer: c ${short(content.blinded_ms_correctness_proof.c)}`,
    ],
  )
  await tell(
    '9.  Issuer: check the proof, and issue the credential',
    () => story.issueCredential(cast, requested.id),
    ({ messages: { issued }, state }) => [
      `signature a ${short(issued.content.signature.p_credential.a)}`,
      `exchange as ISSUER: ${state}`,
    ],
  )
  await tell(
    '10. Issuer to holder: send the credential',
    () => story.receiveCredential(cast, threadId),
    ({ messages: { issued } }) => [`values of ${Object.keys(issued.content.values).join(', ')}`],
  )
  await tell(
    '11. Holder: check the signature, and store the credential',
    () => story.storeCredential(cast, threadId),
    ({ exchange, ofIssuer, credential }) => [
      `in the wallet as ${credential.credentialId}, bound to the link secret "${credential.linkSecretName}"`,
      `exchange as HOLDER: ${exchange.state}; as ISSUER, told by an ack: ${ofIssuer.state}`,
    ],
  )
}

async function presentAndVerify(cast: story.Cast, credDefId: string) {
  const asked = await tell(
    'The verifier asks: which degree, and is the age at least 18?',
    () => story.askForProof(cast, { credDefId, leastAge: 18 }),
    ({ presentationRequest }) => [`nonce ${presentationRequest.nonce}`],
  )
  const presentation = await tell(
    'The holder shows the degree, and proves the age without showing it',
    () => story.present(cast, asked),
    (made) => [
      `reveals ${Object.keys(made.requested_proof.revealed_attrs).join(', ')} alone, in ${JSON.stringify(made).length} bytes`,
    ],
  )
  await tell(
    'Verified by the third node, which asked nobody but the ledger',
    () => story.verifyHonest(cast, { asked, presentation }),
    ({ outcome, milliseconds }) => [
      `verified ${outcome.verified}: ${JSON.stringify(outcome.revealed.degree)}, ${outcome.predicates.join(', ')} (${Math.round(milliseconds)} ms)`,
    ],
  )
  const again = await story.askForProof(cast, { credDefId, leastAge: 18 })
  await tell(
    'The same presentation in answer to another request does not verify',
    () => story.verifyReplayed(cast, { asked: again, presentation }),
    ({ verified, reason }) => [`verified ${verified}: ${reason}`],
  )
  const third = await story.askForProof(cast, { credDefId, leastAge: 18 })
  const honest = await story.present(cast, third)
  await tell(
    'A presentation with another degree written into it does not verify',
    () => story.verifyForged(cast, { asked: third, presentation: honest }),
    ({ verified, reason }) => [`verified ${verified}: ${reason}`],
  )
  const tooMuch = await story.askForProof(cast, { credDefId, leastAge: 65 })
  await tell(
    'Asked for an age of at least 65, the holder can prove nothing',
    () => story.presentFalsely(cast, tooMuch),
    (refusal) => [refusal],
  )
}

async function demo(): Promise<void> {
  const started = performance.now()
  say('Starting a chain and three nodes, with data in temporary directories …')
  const peers = { CONNECTION_PEERS: 'loopback' }
  const nodes = await startOwnNodes([peers, peers, peers])
  const client = ({ url, adminApiKey }: OwnNode) => nodeClient({ url, apiKey: adminApiKey })
  const [issuer, holder, verifier] = nodes.map(client) as [
    story.Cast['issuer'],
    story.Cast['holder'],
    story.Cast['verifier'],
  ]
  const cast = { issuer, holder, verifier }
  try {
    say(`issuer ${issuer.url}, holder ${holder.url}, verifier ${verifier.url}`)
    const { credDefId, connectionId } = await prepare(cast)
    const offered = await offer(cast, { connectionId, credDefId })
    const requested = await request(cast, offered)
    await issue(cast, offered.threadId, requested)
    await presentAndVerify(cast, credDefId)
    say(`\nEvery step gave what it should (${((performance.now() - started) / 1000).toFixed(1)} s).`)
  } finally {
    await nodes[0]?.close()
  }
}

demo().catch((error: Error) => {
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
})
