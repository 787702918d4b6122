import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** For each rule, files that break it. */
const plants: Record<string, Record<string, string>> = {
  'no-circular': {
    'node/circle-a.ts': "import { b } from './circle-b.ts'\nexport const a = () => b",
    'node/circle-b.ts': "import { a } from './circle-a.ts'\nexport const b = () => a",
  },
  'not-unresolvable': { 'node/lost.ts': "export * from './nowhere.ts'" },
  'not-undeclared': { 'node/stranger.ts': "import 'acorn'" },
  'not-to-dev-dependency': { 'node/developer.ts': "import 'fast-check'" },
  'node-imports-node-only': {
    'node/tested.ts': "import { run } from '../scripts/run.ts'\nrun()",
    'scripts/run.ts': 'export const run = () => undefined',
  },
  'home-of-viem': { 'node/issuance/chain.ts': "import 'viem'" },
  'home-of-fastify': { 'node/issuance/http.ts': "import '@fastify/helmet'" },
  'home-of-kysely': {
    'node/issuance/sql.ts': "import type { Kysely } from 'kysely'\nexport type A = Kysely<object>",
  },
  'home-of-did-resolvers': { 'node/ledger/resolve.ts': "import 'ethr-did-resolver'" },
  'home-of-veramo': { 'node/formats/agent.ts': "import '@veramo/core'" },
  'home-of-linked-data': { 'node/formats/jsonld.ts': "import '@digitalbazaar/vc'" },
  'home-of-prom-client': { 'node/stores/count.ts': "import 'prom-client'" },
  'home-of-opentelemetry': { 'node/issuance/trace.ts': "import '@opentelemetry/sdk-trace'" },
  'home-of-standardwebhooks': { 'node/jobs/send.ts': "import 'standardwebhooks'" },
  'home-of-sd-jwt': { 'node/formats/disclose.ts': "import '@sd-jwt/core'" },
  'home-of-bbs-plus': { 'node/keys/plus.ts': "import '@mattrglobal/bbs-signatures/lib/wasm_module.js'" },
  'home-of-cbor': { 'node/status/encode.ts': "import 'cborg'" },
  'home-of-noble': { 'node/status/hash.ts': "import '@noble/hashes/sha3.js'" },
  'home-of-hash-wasm': { 'node/status/tree.ts': "import 'hash-wasm'" },
  'home-of-json-schema': { 'node/protocols/rest/validate.ts': "import 'ajv'" },
  'home-of-csv': { 'node/jobs/sheet.ts': "import 'csv-parse'" },
  'home-of-bullmq': { 'node/stores/queue.ts': "import 'bullmq'" },
  'loaded-when-configured': {
    'node/composition/eager.ts': "import { announce } from '../jobs/bullmq.ts'\nannounce()",
    'node/jobs/bullmq.ts': 'export const announce = () => undefined',
  },
  'home-of-pino': { 'node/jobs/log.ts': "import 'pino'" },
  'home-of-piscina': { 'node/suites/pool.ts': "import 'piscina'" },
  'home-of-qrcode': { 'node/protocols/rest/qr.ts': "import 'qrcode'" },
  'home-of-hardhat': { 'node/ledger/compile.ts': "import 'hardhat'" },
  'home-of-node-sqlite': { 'node/jobs/table.ts': "import 'node:sqlite'" },
  'home-of-did-resolver': {
    'node/agent/resolve.ts': "import { Resolver } from 'did-resolver'\nnew Resolver()",
  },
  'siblings-never-import-siblings': {
    'node/formats/sign.ts': "import { suite } from '../suites/one.ts'\nsuite()",
    'node/suites/one.ts': 'export const suite = () => undefined',
  },
  'modules-know-no-callers': {
    'node/keys/caller.ts': "import type { Ask } from '../protocols/rest/ask.ts'\nexport type A = Ask",
    'node/protocols/rest/ask.ts': 'export type Ask = string',
  },
  'threads-compute': {
    'node/threads/read.ts': "import { head } from '../ledger/head.ts'\nhead()",
    'node/ledger/head.ts': 'export const head = () => undefined',
  },
  'operations-run-in-threads': {
    'node/suites/in-the-loop.ts': "import { operations } from './bbs/operations.ts'\noperations()",
    'node/suites/bbs/operations.ts': 'export const operations = () => undefined',
  },
  'threads-start-no-threads': {
    'node/threads/operations.ts': "import { turn } from './turn.ts'\nexport const operations = turn",
    'node/threads/turn.ts': "import { inThread } from './in-thread.ts'\nexport const turn = inThread",
    'node/threads/in-thread.ts': 'export const inThread = () => undefined',
  },
  'threads-have-one-door': {
    'node/suites/back-door.ts': "import { answer } from '../threads/worker.ts'\nanswer()",
    'node/threads/worker.ts': 'export const answer = () => undefined',
  },
  'domain-is-pure': {
    'node/schemas/look-up.ts': "import { table } from '../stores/table.ts'\ntable()",
    'node/stores/table.ts': 'export const table = () => undefined',
  },
  'application-knows-no-protocol': {
    'node/issuance/answer.ts': "import type { Body } from '../protocols/rest/body.ts'\nexport type A = Body",
    'node/protocols/rest/body.ts': 'export type Body = string',
  },
  'application-gets-modules-handed-in': {
    'node/issuance/build.ts': "import { opened } from '../stores/opened.ts'\nopened()",
    'node/stores/opened.ts': 'export const opened = () => undefined',
  },
  'protocols-know-no-composition': {
    'node/protocols/rest/mount.ts': "import { issuer } from '../../issuer.ts'\nissuer()",
    'node/issuer.ts': 'export const issuer = () => undefined',
  },
  'protocols-share-nothing-with-protocols': {
    'node/protocols/stamp/copy.ts': "import { rest } from '../rest/copied.ts'\nrest()",
    'node/protocols/rest/copied.ts': 'export const rest = () => undefined',
  },
  'verification-beside-issuance': {
    'node/verification/peek.ts': "import type { Row } from '../stores/row.ts'\nexport type A = Row",
    'node/stores/row.ts': 'export type Row = string',
  },
  'verifier-stands-alone': {
    'node/bundle/keep.ts': "import { kept } from '../stores/kept.ts'\nkept()",
    'node/stores/kept.ts': 'export const kept = () => undefined',
  },
  'command-line-on-top': {
    'node/verification/print.ts': "import { print } from '../cli/print.ts'\nprint()",
    'node/cli/print.ts': 'export const print = () => undefined',
  },
  'issuance-beside-verification': {
    'node/issuance/look-again.ts': "import { check } from '../verification/check.ts'\ncheck()",
    'node/verification/check.ts': 'export const check = () => undefined',
  },
  'configuration-comes-handed-in': {
    'node/jobs/settings.ts': "import { config } from '../config.ts'\nconfig()",
    'node/config.ts': 'export const config = () => undefined',
  },
  'errors-stand-alone': { 'node/errors.ts': "import 'zod'" },
}

/** Rules for packages that are not installed yet. */
const unplanted = new Set(['home-of-veramo-did-providers'])

describe('the rules of imports', () => {
  let copy: string
  let violated: Map<string, string[]>

  before(async () => {
    copy = await mkdtemp(join(tmpdir(), 'cartulary-imports-'))
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
      await cp(join(root, file), join(copy, file))
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const [path, source] of Object.values(plants).flatMap((files) => Object.entries(files))) {
      await mkdir(dirname(join(copy, path)), { recursive: true })
      await writeFile(join(copy, path), source)
    }
    const tool = join(root, 'node_modules', '.bin', 'depcruise')
    const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'node', 'scripts']
    const { stdout } = spawnSync(tool, args, { cwd: copy, encoding: 'utf8', maxBuffer: 100_000_000 })
    const { violations } = JSON.parse(stdout).summary as {
      violations: { from: string; rule: { name: string } }[]
    }
    violated = Map.groupBy(violations, ({ rule }) => rule.name)
      .entries()
      .reduce(
        (all, [name, found]) =>
          all.set(
            name,
            found.map(({ from }) => from),
          ),
        new Map<string, string[]>(),
      )
  })

  after(() => rm(copy, { recursive: true }))

  for (const [name, files] of Object.entries(plants)) {
    it(`${name} refuses what breaks it`, () => {
      const [planted] = Object.keys(files)
      assert.ok(planted && violated.get(name)?.includes(planted), `${planted} is not refused by ${name}`)
    })
  }

  it('leaves no rule without a planted violation', async () => {
    const { default: config } = await import(new URL('../../.dependency-cruiser.mjs', import.meta.url).href)
    const names = (config.forbidden as { name: string }[]).map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => !(name in plants) && !unplanted.has(name)),
      [],
    )
  })
})
