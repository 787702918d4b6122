import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generateCase, ourVerdict, prepare, theirHolder, theirIssuer } from './interop/case.ts'
import { openReference } from './interop/reference.ts'

// `npm run test:interop`: AnonCreds against the WebAssembly build of anoncreds-rs, in both directions, over generated
// schemas, values and predicates. `-- --count N` (200), `-- --write` writes the fixtures that `npm test` uses.

const { values: flags } = parseArgs({
  options: { count: { type: 'string', default: '200' }, write: { type: 'boolean' } },
})
const fixtures = fileURLToPath(new URL('../test/vectors/anoncreds/reference.json', import.meta.url))
const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url))

/** One field of a copy, changed: the last digit of a number, or a character more. */
function altered<T>(presentation: T): { at: string; shown: T } {
  const shown = structuredClone(presentation)
  const leaves: { at: string; change(): void }[] = []
  const walk = (node: Record<string, unknown>, path: string) => {
    for (const [key, value] of Object.entries(node)) {
      const at = `${path}/${key}`
      if (at.includes('c_list')) continue // theirs is judged by the list itself, ours rebuilds it
      if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>, at)
      else if (typeof value === 'string' && /^-?\d+$/.test(value))
        leaves.push({ at, change: () => Object.assign(node, { [key]: String(BigInt(value) + 1n) }) })
    }
  }
  walk((shown as { proof: Record<string, unknown> }).proof, '/proof')
  const leaf = leaves[randomInt(leaves.length)] as (typeof leaves)[number]
  leaf.change()
  return { at: leaf.at, shown }
}

const reference = await openReference(cache)
const known = JSON.parse(await readFile(fixtures, 'utf8').catch(() => '{}'))
let privateKey = known.cases?.[0].prepared.privateKey
const total = Number(flags.count)
const counts = { theirHolder: 0, theirIssuer: 0, alteredRefusedByBoth: 0 }
const cases: object[] = []
for (let i = 0; i < total; i += 1) {
  const one = generateCase()
  const prepared = await prepare(one, privateKey)
  privateKey = prepared.privateKey
  const theirs = theirHolder(reference, prepared, one)
  const ours = theirIssuer(reference, prepared, one)
  const { at, shown } = altered(ours.presentation)
  const { presentationRequest } = ours
  const refused = [ours.judge(shown), ourVerdict(prepared, { shown, presentationRequest })]
  if (!theirs.verdict.verified || !ours.verdict || refused.includes(true)) {
    const facts = { one, theirs: theirs.verdict, ours: ours.verdict, at, refused }
    throw new Error(`The engines disagree: ${JSON.stringify(facts, undefined, 2)}`)
  }
  counts.theirHolder += 1
  counts.theirIssuer += 1
  counts.alteredRefusedByBoth += 1
  const { verdict: _, ...theirHolderFixture } = theirs
  const { verdict: __, judge: ___, ...theirIssuerFixture } = ours
  if (cases.length < 5)
    cases.push({
      prepared,
      values: one.values,
      theirHolder: theirHolderFixture,
      theirIssuer: theirIssuerFixture,
    })
  process.stderr.write(`\r${i + 1} of ${total}`)
}
process.stderr.write('\n')
process.stdout.write(
  `Their holder and our issuer and verifier: ${counts.theirHolder} of ${total}.\n` +
    `Our holder and their issuer and verifier: ${counts.theirIssuer} of ${total}.\n` +
    `One altered field refused by both: ${counts.alteredRefusedByBoth} of ${total}.\n`,
)
if (flags.write) {
  const source =
    'Made by npm run test:interop -- --write: "theirHolder" is a request and a presentation of the reference, ' +
    '"theirIssuer" a credential of it. The keys and secrets are for tests alone.'
  await writeFile(fixtures, `${JSON.stringify({ source, cases })}\n`)
}
