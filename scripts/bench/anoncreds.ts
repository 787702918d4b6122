import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import {
  createCredential,
  createCredentialDefinition,
  createCredentialOffer,
  createCredentialRequest,
  createLinkSecret,
  createNonce,
  createPresentation,
  parsePresentationRequest,
  processCredential,
  verifyPresentation,
} from '../../node/anoncreds/anoncreds.ts'
import { openReference, type Reference } from '../interop/reference.ts'

const milliseconds = 5_000
const attributes = 10
const issuerId = 'did:ethr:0x7a69:0x1111111111111111111111111111111111111111'
const schemaId = `${issuerId}/anoncreds/v0/SCHEMA/bench/1.0`
const definitionId = `${issuerId}/anoncreds/v0/CLAIM_DEF/${issuerId}:bench:1.0/default`

type Input = Parameters<typeof createCredential>[0]

async function prepare() {
  const values: Record<string, string> = { age: '36' }
  for (let i = 1; i < attributes; i += 1) values[`attribute ${i}`] = `value ${i}`
  const schema = { issuerId, name: 'bench', version: '1.0', attrNames: Object.keys(values) }
  const created = await createCredentialDefinition({ schema, schemaId, issuerId, tag: 'default' })
  const { credentialDefinition, privateKey, keyCorrectnessProof } = created
  const offer = createCredentialOffer({ schemaId, credentialDefinitionId: definitionId, keyCorrectnessProof })
  const linkSecret = createLinkSecret()
  const { request, metadata } = createCredentialRequest({ offer, schema, credentialDefinition, linkSecret })
  const input: Input = { credentialDefinition, privateKey, offer, request, values }
  return { schema, metadata, linkSecret, keyCorrectnessProof, input }
}

type Prepared = Awaited<ReturnType<typeof prepare>>

/** Credentials a second, requests checked and values signed, by as many threads. */
async function issuingRate(input: Input, threads: number): Promise<number> {
  const file = new URL('./anoncreds-issuer.ts', import.meta.url)
  const workers = Array.from(
    { length: threads },
    () => new Worker(file, { workerData: { milliseconds, input } }),
  )
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const counts = workers.map((worker) => once(worker, 'message'))
  for (const worker of workers) worker.postMessage('go')
  const total = (await Promise.all(counts)).reduce((sum, [count]) => sum + (count as number), 0)
  return (total * 1000) / milliseconds
}

/** The same by the WebAssembly build of the reference. */
function referenceRate(reference: Reference, { input, keyCorrectnessProof }: Prepared): number {
  const definition = reference.CredentialDefinition.from(input.credentialDefinition)
  const proof = reference.CredentialKeyCorrectnessProof.from(keyCorrectnessProof)
  const offer = reference.Issuer.createCredentialOffer(schemaId, definitionId, proof)
  const asked = reference.Prover.createCredentialRequest(definition, new reference.LinkSecret(), 'x', offer)
  const privateKey = reference.CredentialDefinitionPrivate.from(input.privateKey)
  const started = performance.now()
  let count = 0
  for (; performance.now() < started + milliseconds; count += 1)
    reference.Issuer.createCredential(definition, privateKey, offer, asked.request, input.values)
  return (count * 1000) / (performance.now() - started)
}

/** Milliseconds to make and to verify a presentation with one revealed attribute and one predicate; the median of ten. */
function presentationTime({ schema, metadata, linkSecret, input }: Prepared): number {
  const { credentialDefinition, request } = input
  const issued = createCredential(input)
  const credential = processCredential({
    credential: issued,
    credentialDefinition,
    request,
    metadata,
    linkSecret,
  })
  const times = Array.from({ length: 10 }, () => {
    const asked = parsePresentationRequest({
      ...{ name: 'bench', version: '1.0', nonce: createNonce() },
      requested_attributes: { one: { name: 'attribute 1' } },
      requested_predicates: { adult: { name: 'age', p_type: '>=', p_value: 18 } },
    })
    const started = performance.now()
    const chosen = {
      credential,
      credentialDefinition,
      attributes: { one: { revealed: true } },
      predicates: ['adult'],
    }
    const presentation = createPresentation({ request: asked, linkSecret, credentials: [chosen] })
    const { verified } = verifyPresentation({
      ...{ presentation, request: asked, schemas: { [schemaId]: schema } },
      credentialDefinitions: { [definitionId]: credentialDefinition },
    })
    if (!verified) throw new Error('The presentation does not verify.')
    return performance.now() - started
  })
  return times.sort((a, b) => a - b)[5] as number
}

/** What the AnonCreds engine does in a second, in Markdown. */
export async function anonCredsTable(): Promise<string> {
  const prepared = await prepare()
  const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))
  const reference = await openReference(cache).catch((error: Error) => error)
  const one = await issuingRate(prepared.input, 1)
  const two = await issuingRate(prepared.input, 2)
  const theirs = reference instanceof Error ? undefined : referenceRate(reference, prepared)
  return [
    '| AnonCreds, 10 attributes | |',
    '| --- | ---: |',
    `| credentials/s, one thread | ${one.toFixed(1)} |`,
    `| credentials/s, two threads | ${two.toFixed(1)} (${(two / one).toFixed(2)} times) |`,
    theirs === undefined
      ? `| credentials/s, anoncreds-rs as WebAssembly | not fetched: ${(reference as Error).message} |`
      : `| credentials/s, anoncreds-rs as WebAssembly | ${theirs.toFixed(1)} (ours: ${(one / theirs).toFixed(1)} times) |`,
    `| presentation with one predicate, made and verified | ${presentationTime(prepared).toFixed(0)} ms |`,
  ].join('\n')
}
