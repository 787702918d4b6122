import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { createPresentationRequestStore } from '../../../../node/stores/presentation-requests.ts'
import { type AnonCredsParties, fixtureKeys, openAnonCredsParties } from '../../../anoncreds.ts'
import { type CallOptions, startNode, type TestNode } from '../../../node.ts'
import { describeOnStacks, type FreshDatabase, stacks } from '../../../stacks.ts'

const base = '/api/v1/anoncreds'
const at = (kind: string, id: string) => `${base}/${kind}/${encodeURIComponent(id)}`

describeOnStacks('AnonCreds wallet and presentations over HTTP', (stack) => {
  /** What does not hang on the database is tried on one. */
  const once = (title: string, test: () => Promise<void>) => {
    if (stack === stacks[0]) it(title, test)
  }
  let fresh: FreshDatabase
  let node: TestNode
  let parties: AnonCredsParties
  let person: string
  let job: string
  let ada: string
  let employed: string
  /** Every answer that was given. */
  const answers: string[] = []

  const call = async (method: string, path: string, options?: CallOptions) => {
    const answer = await node.call(method, base + path, options)
    answers.push(JSON.stringify(answer.body))
    return answer
  }
  const define = async (name: string, attrNames: string[], key: number) => {
    const issuer = { method: 'ethr', keys: ['Ed25519'] }
    const { did: issuerDid } = (await node.call('POST', '/api/v1/dids', { body: issuer })).body
    const { body } = await call('POST', '/schemas', { body: { issuerDid, name, version: '1.0', attrNames } })
    return parties.define({ issuerDid, schemaId: body.schemaId, tag: 'default', key })
  }
  const adult = { name: 'age', p_type: '>=', p_value: 18 }
  const asking = (request: object) => ({
    ...{ name: 'test', version: '1.0', nonce: '80', requested_attributes: {}, requested_predicates: {} },
    ...request,
  })
  const present = (presentationRequest: object, others: object = {}) =>
    call('POST', '/presentations', { body: { presentationRequest, ...others } })
  const verify = (presentation: unknown, presentationRequest: object, key: string | null = null) =>
    call('POST', '/presentations/verify', { key, body: { presentation, presentationRequest } })
  const refusal = async (presentationRequest: object, others?: object) => {
    const { status, body } = await present(presentationRequest, others)
    assert.equal(status, 422, JSON.stringify(body))
    assert.equal(body.code, 'PRESENTATION_NOT_POSSIBLE')
    return body.detail
  }
  const keyOf = async (scopes: string[]) =>
    (await node.call('POST', '/api/v1/api-keys', { body: { name: 'test', scopes, issuerDids: '*' } })).body
      .key

  before(async function () {
    this.timeout(120_000)
    fresh = await stack.create()
    node = await startNode({
      environment: fresh.environment,
      dataDir: fresh.environment.DATA_DIR as string,
    })
    parties = await openAnonCredsParties(node, fresh.location)
    person = await define('person', ['name', 'age', 'height'], 0)
    job = await define('job', ['company', 'since'], 1)
    const values = { name: 'Ada', age: '36', height: '170' }
    ada = (await parties.issue({ credDefId: person, values })).credentialId
    const employment = { company: 'Analytical Engines', since: '1843' }
    employed = (await parties.issue({ credDefId: job, values: employment })).credentialId
  })
  after(async () => {
    await parties?.close()
    await node?.close()
    await fresh?.drop()
  })

  describe('the wallet', () => {
    it('lists what it holds, page by page, and shows each without its signature', async () => {
      const first = (await call('GET', '/credentials?limit=1')).body
      assert.deepEqual(
        first.items.map((item: { credentialId: string }) => item.credentialId),
        [employed],
      )
      const second = (await call('GET', `/credentials?limit=1&cursor=${first.nextCursor}`)).body
      assert.equal(second.items[0].credentialId, ada)
      assert.equal(second.nextCursor, null)
      const { body } = await call('GET', at('credentials', ada).slice(base.length))
      assert.deepEqual(body.values, { name: 'Ada', age: '36', height: '170' })
      assert.equal(body.credDefId, person)
      assert.equal(body.linkSecretName, 'default')
      assert.deepEqual(Object.keys(body).sort(), [
        ...['credDefId', 'credentialId', 'issuerId', 'linkSecretName'],
        ...['schemaId', 'storedAt', 'values'],
      ])
      const ofJob = (await call('GET', `/credentials?credDefId=${encodeURIComponent(job)}`)).body.items
      assert.equal(ofJob.length, 1)
    })

    it('keeps those of another tenant apart, and forgets what is deleted', async () => {
      const values = { name: 'Eve', age: '20', height: '160' }
      const foreign = await parties.issue({ credDefId: person, values, tenantId: 'other' })
      const path = `/credentials/${foreign.credentialId}`
      assert.equal((await call('GET', path)).body.code, 'CREDENTIAL_NOT_FOUND')
      assert.equal((await call('DELETE', path)).body.code, 'CREDENTIAL_NOT_FOUND')
      const own = await parties.issue({ credDefId: person, values })
      assert.equal((await call('DELETE', `/credentials/${own.credentialId}`)).status, 204)
      assert.equal((await call('GET', `/credentials/${own.credentialId}`)).status, 404)
      assert.equal((await call('GET', '/credentials')).body.items.length, 2)
    })

    it('names link secrets, and shows none', async () => {
      assert.equal((await call('POST', '/link-secrets', { body: { name: 'second' } })).status, 201)
      assert.equal((await call('POST', '/link-secrets', { body: { name: 'second' } })).status, 400)
      const { items } = (await call('GET', '/link-secrets')).body
      assert.deepEqual(
        items.map(({ name }: { name: string }) => name),
        ['default', 'second'],
      )
      assert.ok(items.every((item: object) => Object.keys(item).length === 2))
    })

    it('takes no text that a database refuses as a failure of its own', async () => {
      const asked = await Promise.all([
        call('GET', '/credentials?schemaId=%00'),
        call('GET', '/credentials/%00'),
        call('DELETE', '/credentials/a%00b'),
        call('GET', '/cred-defs/%00'),
        call('POST', '/link-secrets', { body: { name: 'a\0b' } }),
        call('POST', '/presentations', {
          body: {
            presentationRequest: asking({ requested_attributes: { x: { name: 'x' } } }),
            credentials: [{ credentialId: '\0', attributes: { x: { revealed: true } } }],
          },
        }),
      ])
      for (const { status, body } of asked) assert.ok(status < 500, JSON.stringify(body))
    })

    it('needs a key with the scope wallet:use', async () => {
      const key = await keyOf([
        'anoncreds:read',
        'anoncreds:write',
        'anoncreds:verify',
        'presentations:create',
      ])
      for (const path of ['/credentials', '/link-secrets'])
        assert.equal((await call('GET', path, { key })).body.code, 'FORBIDDEN')
    })
  })

  describe('a presentation', () => {
    it('answers with what was chosen here, and tells a verifier nothing else', async () => {
      const asked = asking({
        requested_attributes: {
          who: { name: 'Name', restrictions: [{ cred_def_id: person }] },
          work: { names: ['company', 'since'], restrictions: [{ schema_name: 'job' }] },
          nickname: { name: 'nickname' },
        },
        requested_predicates: { adult: { ...adult, restrictions: [{ cred_def_id: person }] } },
      })
      const made = await present(asked, { selfAttested: { nickname: 'Countess' } })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      for (const hidden of ['36', '170']) assert.ok(!JSON.stringify(made.body).includes(`"${hidden}"`))
      const { body } = await verify(made.body.presentation, asked)
      assert.deepEqual(body, {
        verified: true,
        revealed: {
          who: { Name: 'Ada' },
          work: { company: 'Analytical Engines', since: '1843' },
        },
        ...{ unrevealed: [], selfAttested: { nickname: 'Countess' }, predicates: ['adult'] },
        credentials: body.credentials,
      })
      assert.deepEqual(
        body.credentials.map(({ credDefId }: { credDefId: string }) => credDefId).sort(),
        [person, job].sort(),
      )
    })

    once('answers with what the holder chose, and hides what it wants', async () => {
      const asked = asking({ requested_attributes: { who: { name: 'name' }, tall: { name: 'height' } } })
      const credentials = [
        { credentialId: ada, attributes: { who: { revealed: true }, tall: { revealed: false } } },
      ]
      const { presentation } = (await present(asked, { credentials })).body
      const { body } = await verify(presentation, asked)
      assert.equal(body.verified, true)
      assert.deepEqual(body.revealed, { who: { name: 'Ada' } })
      assert.deepEqual(body.unrevealed, ['tall'])
      const hidden = (await present(asked, { unrevealed: ['tall'] })).body
      assert.deepEqual((await verify(hidden.presentation, asked)).body.unrevealed, ['tall'])
    })

    once('is not made where the wallet cannot answer', async () => {
      const who = (restrictions: object[]) =>
        asking({ requested_attributes: { who: { name: 'name', restrictions } } })
      assert.match(await refusal(who([{ cred_def_id: job }])), /answers who/)
      assert.match(await refusal(who([{ 'attr::name::value': 'Eve' }])), /answers who/)
      assert.equal((await present(who([{ 'attr::name::value': 'Ada' }]))).status, 201)
      assert.match(
        await refusal(asking({ requested_predicates: { old: { ...adult, p_value: 90 } } })),
        /answers old/,
      )
      assert.match(await refusal(asking({ requested_attributes: { x: { name: 'nickname' } } })), /answers x/)
      const chosen = { credentials: [{ credentialId: ada, attributes: { who: { revealed: true } } }] }
      assert.match(await refusal(who([{ cred_def_id: job }]), chosen), /none that its restrictions allow/)
      const both = asking({
        requested_attributes: { age: { name: 'age' } },
        requested_predicates: { adult },
      })
      assert.match(await refusal(both), /answers adult/)
      const missing = { credentials: [{ credentialId: 'urn:x', attributes: { who: { revealed: true } } }] }
      assert.equal((await present(who([]), missing)).body.code, 'CREDENTIAL_NOT_FOUND')
    })

    it('is of one holder: credentials of different link secrets do not go together', async () => {
      const values = { name: 'Ada', age: '36', height: '170' }
      const other = await parties.issue({ credDefId: person, values, linkSecretName: 'second' })
      const asked = asking({ requested_attributes: { who: { name: 'name' }, work: { name: 'company' } } })
      const credentials = [
        { credentialId: other.credentialId, attributes: { who: { revealed: true } } },
        { credentialId: employed, attributes: { work: { revealed: true } } },
      ]
      assert.match(await refusal(asked, { credentials }), /different link secrets/)
      assert.match(await refusal(asked, { linkSecretName: 'second' }), /answers work/)
      await call('DELETE', `/credentials/${other.credentialId}`)
    })
  })

  describe('verification', () => {
    const asked = asking({
      requested_attributes: { who: { name: 'name' } },
      requested_predicates: { adult },
    })
    // biome-ignore lint/suspicious/noExplicitAny: it is changed in every way
    let presentation: any
    before(async () => {
      presentation = (await present(asked)).body.presentation
    })

    once('refuses what was changed, and shows nothing of it', async () => {
      const changes: [string, (copy: typeof presentation) => void][] = [
        ['value', (copy) => Object.assign(copy.requested_proof.revealed_attrs.who, { raw: 'Eve' })],
        ['definition', (copy) => Object.assign(copy.identifiers[0], { cred_def_id: job })],
        ['proof', (copy) => Object.assign(copy.proof.proofs[0].primary_proof.eq_proof, { e: '1' })],
        ['predicate', (copy) => copy.proof.proofs[0].primary_proof.ge_proofs.pop()],
      ]
      for (const [name, change] of changes) {
        const copy = structuredClone(presentation)
        change(copy)
        const { body } = await verify(copy, asked)
        assert.equal(body.verified, false, name)
        assert.ok(body.reason)
        assert.deepEqual(body.revealed, {})
      }
      assert.equal((await verify(presentation, { ...asked, nonce: '81' })).body.verified, false)
      assert.equal((await verify({ no: 'presentation' }, asked)).status, 400)
      assert.equal((await verify(presentation, asked)).body.verified, true)
    })

    once('knows no schema or definition but those of the ledger', async () => {
      const copy = structuredClone(presentation)
      copy.identifiers[0].cred_def_id = person.replace('default', 'none')
      const { status, body } = await verify(copy, asked)
      assert.equal(status, 200)
      assert.equal(body.verified, false)
      assert.match(body.reason, /not on this ledger/)
    })

    it('takes the answer to a request of its own once, from whoever made the request', async () => {
      const { requested_attributes, requested_predicates } = asked
      const body = { name: 'entry', requested_attributes, requested_predicates }
      const made = await call('POST', '/presentation-requests', { body })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      const { presentationRequestId, presentationRequest } = made.body
      assert.match(presentationRequest.nonce, /^\d{10,25}$/)
      const answer = { presentationRequestId, ...(await present(presentationRequest)).body }
      const send = (key?: string | null) =>
        call('POST', '/presentations/verify', { body: answer, ...(key !== undefined && { key }) })
      assert.equal((await send(null)).status, 401)
      assert.equal((await send(await keyOf(['wallet:use']))).status, 403)
      const both = await Promise.all([send(), send()])
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 404])
      assert.ok(both.some(({ body }) => body.verified === true))
      assert.equal((await send()).body.code, 'PRESENTATION_REQUEST_NOT_FOUND')
    })

    it('takes a nonce back once, however many answers come at a time', async () => {
      const body = { name: 'entry', requested_predicates: { adult } }
      const requestId = (await call('POST', '/presentation-requests', { body })).body.presentationRequestId
      const store = createPresentationRequestStore(parties.database)
      const take = () => store.take({ requestId, now: new Date().toISOString() })
      const taken = await Promise.all([take(), take(), take()])
      assert.equal(taken.filter(Boolean).length, 1)
    })

    it('does not take an answer after the end of its request, or of another tenant', async () => {
      const body = { name: 'entry', requested_predicates: { adult } }
      const ids = await Promise.all(
        [0, 1].map(
          async () => (await call('POST', '/presentation-requests', { body })).body.presentationRequestId,
        ),
      )
      const change = (id: string, values: object) =>
        parties.database
          .updateTable('presentation_requests')
          .set(values)
          .where('request_id', '=', id)
          .execute()
      await change(ids[0], { expires_at: new Date().toISOString() })
      await change(ids[1], { tenant_id: 'other' })
      for (const presentationRequestId of ids) {
        const answer = await call('POST', '/presentations/verify', {
          body: { presentationRequestId, presentation },
        })
        assert.equal(answer.body.code, 'PRESENTATION_REQUEST_NOT_FOUND')
      }
    })

    once('leaves room for those who have a key', async () => {
      const many = Object.fromEntries(
        Array.from({ length: 17 }, (_, i) => [`p${i}`, { ...adult, p_value: i }]),
      )
      const large = asking({ requested_predicates: many })
      assert.equal((await verify(presentation, large)).status, 400)
      assert.equal((await verify(presentation, large, node.adminApiKey)).body.verified, false)
      const small = asking({ requested_attributes: { who: { name: 'name' } } })
      const shown = (await present(small)).body.presentation
      const anonymous = Array.from({ length: 30 }, () => verify(shown, small))
      const withKey = verify(shown, small, node.adminApiKey)
      const answered = await Promise.all(anonymous)
      assert.deepEqual(
        new Set(answered.map(({ body }) => body.code ?? body.verified)),
        new Set([true, 'NODE_BUSY']),
      )
      assert.equal((await withKey).body.verified, true)
    })
  })

  describe('secrets', () => {
    it('are in no answer, and not readable in the database', async () => {
      const tables = await parties.database.introspection.getTables()
      const rows = await Promise.all(
        tables.map(
          async ({ name }) => (await sql`select * from ${sql.table(name)}`.execute(parties.database)).rows,
        ),
      )
      const cells = rows.flat().flatMap((row) => Object.values(row as object).map(String))
      // as it is, and what it would be if it were only written in base64
      const dump = cells
        .flatMap((cell) => [cell, Buffer.from(cell, 'base64url').toString('latin1')])
        .join('\n')
      assert.ok(dump.includes('CLAIM_DEF') && dump.length > 50_000)
      const row = await parties.database.selectFrom('link_secrets').selectAll().executeTakeFirstOrThrow()
      const binding = `link secret ${JSON.stringify([row.tenant_id, row.name])}`
      const linkSecret = JSON.parse(Buffer.from(parties.secrets.open(row.wrapped, binding)).toString())
      assert.match(linkSecret, /^\d{70,78}$/)
      const secrets = fixtureKeys.slice(0, 2).flatMap(({ value: { p_key } }) => [p_key.p, p_key.q])
      // what a holder holds is personal: it does not lie in the open either
      for (const secret of [...secrets, linkSecret, 'Analytical Engines']) assert.ok(!dump.includes(secret))
      const told = answers.join('\n')
      for (const secret of [...secrets, linkSecret]) assert.ok(!told.includes(secret))
      for (const secret of secrets) assert.ok(!told.includes(BigInt(secret).toString(16)))
    })
  })
})
