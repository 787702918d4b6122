import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Bundle } from '../../node/bundle/bundle.ts'
import { run } from '../../node/cli/run.ts'
import type { JsonObject } from '../../node/json.ts'
import { programsOf } from '../docs/programs.ts'
import { startNode, type TestNode } from '../node.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const wrapper = join(root, 'scripts', 'cartulary.mjs')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function execute(file: string, args: readonly string[], { cwd = root, input = '' } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: 'pipe' })
    const text = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk) => {
        text[stream] += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...text }))
    // a command that ends before it reads is no failure of the test
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

describe('the command cartulary', () => {
  let node: TestNode
  let directory: string
  let online: readonly string[]
  let issued: { credentialId: string; credential: JsonObject }
  let token: string
  let revoked: { credentialId: string; credential: JsonObject }

  /** In this process; the first test and the last run the command as it is run. */
  const cartulary = async (args: readonly string[], input = ''): Promise<Ended> => {
    const names = new Set(await readdir(directory))
    const stdin = (async function* () {
      yield Buffer.from(input)
    })()
    const inDirectory = (text: string, i: number) =>
      names.has(text) || args[i - 1] === '--out' ? join(directory, text) : text
    const screen = { write: () => {} }
    const onInterrupt = () => () => {}
    return run({ args: args.map(inDirectory), version: '0', stdin, fetch, screen, onInterrupt })
  }
  const file = async (name: string, content: unknown) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    await writeFile(join(directory, name), text)
    return name
  }
  const post = async (path: string, body: unknown) => {
    const answer = await node.call('POST', `/api/v1${path}`, { body })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }

  before(async () => {
    node = await startNode()
    directory = await mkdtemp(join(tmpdir(), 'cartulary-cli-'))
    const issuerDid = (await post('/dids', { method: 'ethr', keys: ['Ed25519'], name: 'MIT' })).did
    const holderDid = (await post('/dids', { method: 'key', keys: ['Ed25519'] })).did
    const degree = {
      type: 'BachelorDegree',
      name: 'Bachelor of Science',
      university: 'MIT',
      graduationYear: 2025,
    }
    const terms = { schemaId: 'education-degree-v1', issuerDid, holderDid, claims: { degree } }
    const issue = (proofType: string) => post('/credentials/issue', { ...terms, proofType, revocable: true })
    issued = await issue('eddsa-rdfc-2022')
    token = (await issue('JwtProof2020')).credential
    revoked = await issue('Ed25519Signature2020')
    await post('/credentials/revoke', { credentialId: revoked.credentialId, reason: 'Rescinded' })
    const network = await file('network.json', (await node.call('GET', '/api/v1/network')).body)
    online = ['--rpc', node.chain.rpcUrl, '--registries', network]
    await file('degree.json', issued.credential)
    await file('revoked.json', revoked.credential)
    await file('key', node.adminApiKey)
  })
  after(async () => {
    await node?.close()
    if (directory) await rm(directory, { recursive: true })
  })

  it('says verified, and what each check found', async () => {
    const args = [wrapper, 'verify', 'degree.json', ...online]
    const { code, stdout, stderr } = await execute(process.execPath, args, { cwd: directory })
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout)
    assert.match(stdout, /^VERIFIED\ncredential urn:uuid:/)
    assert.equal(stdout.match(/^ {2}pass /gm)?.length, 5)
    assert.match(stdout, /key listed from \d{4}-/)
  })

  it('reads a token from standard input, and prints JSON', async () => {
    const { code, stdout } = await cartulary(['verify', '-', ...online, '--json'], `${token}\n`)
    assert.equal(code, 0, stdout)
    const { verdict, verified, checks } = JSON.parse(stdout)
    assert.deepEqual(
      { verdict, verified, type: checks.proof.type },
      { verdict: 'verified', verified: true, type: 'JwtProof2020' },
    )
  })

  it('takes the answer of the API as it came, and tells when it was registered', async () => {
    const path = `/api/v1/credentials/${encodeURIComponent(issued.credentialId)}/registration`
    await file('registration.json', (await node.call('GET', path)).body)
    await file('answer.json', issued)
    const args = ['verify', 'answer.json', ...online, '--registration', 'registration.json']
    const { code, stdout } = await cartulary(args)
    assert.equal(code, 0, stdout)
    assert.match(stdout, /^registered \d{4}-\d\d-\d\dT.* in block \d+, 0x[0-9a-f]{64}$/m)
  })

  it('refuses a registration that is none, and says when the ledger denies one', async () => {
    const args = ['verify', 'degree.json', ...online, '--registration']
    assert.equal((await cartulary([...args, await file('none.json', { root: 1 })])).code, 65)
    const bundling = ['bundle', 'degree.json', ...online, '--registration', 'none.json']
    assert.equal((await cartulary(bundling)).code, 65)
    const path = `/api/v1/credentials/${encodeURIComponent(revoked.credentialId)}/registration`
    await file('of-another.json', (await node.call('GET', path)).body)
    const { code, stdout } = await cartulary([...args, 'of-another.json'])
    assert.equal(code, 0, 'its keys need no registration')
    assert.match(stdout, /^The ledger does not have the registration that was given\.$/m)
  })

  it('fails a revoked and a changed credential', async () => {
    const gone = await cartulary(['verify', 'revoked.json', ...online])
    assert.equal(gone.code, 1)
    assert.match(
      gone.stdout,
      /^FAILED\n[\s\S]*^ {2}fail {5}revocation {2}The credential has been revoked\.$/m,
    )
    const changed = {
      ...issued.credential,
      issuer: { id: (issued.credential.issuer as JsonObject).id, name: 'Yale' },
    }
    const forged = await cartulary(['verify', await file('forged.json', changed), ...online])
    assert.equal(forged.code, 1)
    assert.match(forged.stdout, /^ {2}fail {5}proof/m)
  })

  it('writes nothing that a terminal obeys', async () => {
    const changed = { ...issued.credential, id: 'urn:x:\u001b[2JVERIFIED\u009b' }
    for (const option of [[], ['--json']]) {
      const ended = await cartulary(['verify', await file('escape.json', changed), ...online, ...option])
      assert.notEqual(ended.code, 0)
      assert.doesNotMatch(ended.stdout + ended.stderr, /(?!\n)\p{Cc}/u)
    }
  })

  const wrong: readonly [string, readonly string[], number, RegExp][] = [
    ['no command', [], 64, /verify, bundle or audit/],
    ['an option that is none', ['verify', 'degree.json', '--rcp', 'x'], 64, /--rcp/],
    [
      'an option of the other command',
      ['verify', 'degree.json', '--out', 'x'],
      64,
      /--out is no option of verify/,
    ],
    ['no registries', ['verify', 'degree.json', '--rpc', 'http://127.0.0.1:1'], 64, /--registries/],
    ['no chain', ['verify', 'degree.json', '--registries', '{"didRegistry": "0x1"}'], 65, /didRegistry/],
    ['a file that is not there', ['verify', 'nothing.json'], 66, /nothing\.json cannot be read: ENOENT/],
    ['a credential by its id without a key', ['bundle', 'urn:uuid:1'], 64, /--api-key-file/],
    ['what is no bundle', ['verify', 'degree.json', '--offline'], 65, /cartulary bundle/],
  ]
  for (const [what, args, expected, message] of wrong) {
    it(`refuses ${what}, and says the way out`, async () => {
      const { code, stdout, stderr } = await cartulary(args)
      assert.deepEqual({ code, stdout }, { code: expected, stdout: '' })
      assert.match(stderr, message)
      assert.doesNotMatch(stderr, /\n\s+at /)
    })
  }

  it('refuses what is no credential, and a chain that does not answer', async () => {
    const malformed = await cartulary(['verify', await file('other.json', { a: 1 }), ...online])
    assert.equal(malformed.code, 65)
    const unreachable = await cartulary([
      'verify',
      'degree.json',
      '--rpc',
      'http://127.0.0.1:1',
      '--registries',
      'network.json',
    ])
    assert.equal(unreachable.code, 69)
    assert.match(unreachable.stderr, /The chain does not answer/)
  })

  describe('bundles', () => {
    let bytes: Buffer
    let bundle: Bundle

    before(async () => {
      const args = [
        'bundle',
        issued.credentialId,
        '--node',
        node.node.url,
        '--api-key-file',
        'key',
        '--out',
        'degree.bundle',
        ...['--rpc', node.chain.rpcUrl],
      ]
      const { code, stderr } = await cartulary(args)
      assert.equal(code, 0, stderr)
      bytes = await readFile(join(directory, 'degree.bundle'))
      assert.ok(stderr.includes(`SHA-256 ${sha256(bytes)}`), stderr)
      bundle = JSON.parse(bytes.toString())
    })

    const offline = async (changed: unknown, ...more: readonly string[]) =>
      cartulary(['verify', await file('changed.bundle', changed), '--offline', ...more])

    it('hold what the verification of a credential needs', () => {
      assert.deepEqual(bundle.credential, issued.credential)
      assert.equal(bundle.resolutions[0]?.document?.id, (issued.credential.issuer as JsonObject).id)
      assert.ok((bundle.histories[0]?.events.length ?? 0) > 0)
      assert.equal(bundle.schemas[0]?.contexts.length, 1)
      assert.equal(bundle.statusLists.length, 1)
      assert.equal(bundle.registrations[0]?.found.length, 1)
    })

    it('verify offline for whoever knows their digest, and say as of when', async () => {
      const { code, stdout } = await cartulary([
        'verify',
        'degree.bundle',
        '--offline',
        '--digest',
        sha256(bytes),
      ])
      assert.equal(code, 0, stdout)
      assert.match(stdout, /^VERIFIED/)
      assert.match(stdout, /^as of block \d+ of chain 31337, .* ago\), hash 0x/m)
      assert.match(stdout, /^registered /m)
      assert.match(stdout, /not known here: revocation/)
    })

    it('are not decided without a digest, though every check holds', async () => {
      const { code, stdout } = await cartulary(['verify', 'degree.bundle', '--offline'])
      assert.equal(code, 2, stdout)
      assert.match(stdout, /^NOT DECIDED/)
      assert.equal(stdout.match(/^ {2}pass /gm)?.length, 5)
      assert.match(stdout, /were not checked against a chain/)
      const json = JSON.parse((await cartulary(['verify', 'degree.bundle', '--offline', '--json'])).stdout)
      assert.deepEqual([json.verdict, json.verified, json.holds], ['unknown', false, true])
    })

    it('are refused when they are others than the trusted one', async () => {
      const { code, stderr } = await offline({ ...bundle, chain: [] }, '--digest', sha256(bytes))
      assert.equal(code, 65)
      assert.match(stderr, /not the bundle that is trusted/)
    })

    it('cannot make a revoked credential verify by words that they forge', async () => {
      const [list] = bundle.statusLists
      const cleared = gzipSync(Buffer.alloc(16_384)).toString('base64')
      const own = await cartulary(['bundle', 'revoked.json', ...online, '--out', 'revoked.bundle'])
      assert.equal(own.code, 0, own.stderr)
      const honest = JSON.parse(await readFile(join(directory, 'revoked.bundle'), 'utf8'))
      const told = await offline(honest)
      assert.equal(told.code, 1, told.stdout)
      const { code, stdout } = await offline({ ...honest, statusLists: [{ ...list, bits: cleared }] })
      assert.equal(code, 2, stdout)
    })

    it('decide nothing about what they leave out or garble', async () => {
      for (const changed of [
        { ...bundle, resolutions: [] },
        { ...bundle, histories: [] },
        { ...bundle, schemas: [] },
        { ...bundle, statusLists: [] },
        { ...bundle, statusLists: bundle.statusLists.map((list) => ({ ...list, bits: 'AAAA' })) },
        {
          ...bundle,
          resolutions: bundle.resolutions.map((one) => ({ ...one, document: { id: 'did:key:x' } })),
        },
      ]) {
        const { code, stdout, stderr } = await offline(changed)
        assert.equal(code, 2, stdout + stderr)
        assert.match(stdout, /^ {2}unknown/m)
      }
      const schemas = bundle.schemas.map((schema) => ({
        ...schema,
        content: schema.content.replace('degree', 'title'),
      }))
      assert.equal(
        (await offline({ ...bundle, schemas })).code,
        1,
        'the credential names the digest of its schema',
      )
      assert.equal((await offline({ ...bundle, version: 2 })).code, 65)
    })

    it('verify against the chain as a credential does', async () => {
      const { code, stdout } = await cartulary(['verify', 'degree.bundle', ...online])
      assert.equal(code, 0, stdout)
      assert.doesNotMatch(stdout, /as of block/)
    })
  })

  it('runs from a package, without the sources', async () => {
    const packed = await execute(process.execPath, [join(root, 'scripts', 'pack.mjs')])
    assert.equal(packed.code, 0, packed.stdout + packed.stderr)
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory]
    const { stdout } = await execute('npm', args)
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
    const modules = join(directory, 'node_modules')
    await mkdir(modules)
    for (const name of await readdir(join(root, 'node_modules'))) {
      await symlink(join(root, 'node_modules', name), join(modules, name))
    }
    const unpacked = await execute(
      'tar',
      ['-xzf', filename, '--transform', 's,^package,node_modules/cartulary,'],
      {
        cwd: directory,
      },
    )
    assert.equal(unpacked.code, 0, unpacked.stderr)
    const files = await readdir(join(modules, 'cartulary'))
    assert.ok(!files.includes('node') && !files.includes('contracts'), files.join(' '))
    const bin = join(modules, 'cartulary', 'scripts', 'cartulary.mjs')
    const {
      code,
      stdout: told,
      stderr,
    } = await execute(process.execPath, [bin, 'verify', 'degree.json', ...online], {
      cwd: directory,
    })
    assert.equal(code, 0, told + stderr)
    const program = `
      import { readFile } from 'node:fs/promises'
      import { createVerifier } from 'cartulary/verifier'
      const { registries } = JSON.parse(await readFile('network.json', 'utf8'))
      const verifier = await createVerifier({ rpcUrl: process.argv[2], registries })
      const credential = JSON.parse(await readFile('degree.json', 'utf8'))
      const { verified } = await verifier.verifyCredential({ credential })
      console.log(verified)
      await verifier.close()`
    await file('library.mjs', program)
    const library = await execute(process.execPath, ['library.mjs', node.chain.rpcUrl], { cwd: directory })
    assert.equal(library.stdout.trim(), 'true', library.stderr)
    const issuer = { method: 'ethr', keys: ['Ed25519'] }
    const issuerDid = (await node.call('POST', '/api/v1/dids', { body: issuer })).body.did
    const schema = { issuerDid, name: 'packed', version: '1.0', attrNames: ['name'] }
    const { schemaId } = (await node.call('POST', '/api/v1/anoncreds/schemas', { body: schema })).body
    const programs = await programsOf('docs/anoncreds.md')
    await file('resolve.mjs', programs.get('resolve.mjs') as string)
    const { registries } = (await node.call('GET', '/api/v1/network')).body
    const engine = await execute(
      process.execPath,
      ['resolve.mjs', node.chain.rpcUrl, JSON.stringify(registries), schemaId],
      { cwd: directory },
    )
    const { digest, ...resolved } = JSON.parse(engine.stdout || '{}')
    const { issuerDid: issuerId, ...named } = schema
    assert.deepEqual(resolved.schema, { ...named, issuerId }, engine.stderr)
    assert.deepEqual([resolved.type, resolved.id, resolved.active], ['schema', schemaId, true])
    assert.match(digest, /^0x[0-9a-f]{64}$/)
  })
})
