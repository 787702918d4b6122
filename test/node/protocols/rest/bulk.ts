import assert from 'node:assert/strict'
import { bulkPath, csvFile, download, ended, follow, ndjsonFile, order } from '../../../bulk-client.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { describeOnStacks, nodeStacks } from '../../../stacks.ts'
import { expect, expectProblem, holderDid, makeIssuer, makeSchema } from './scenario.ts'

const header = 'holderDid,degree.type,degree.name,degree.graduationYear,degree.gpa'
const good = `${holderDid},BachelorDegree,Bachelor of Science,2025,3.5`

describeOnStacks(
  'bulk issuance over HTTP',
  (stack) => {
    let node: TestNode
    let drop: () => Promise<void>
    let issuerDid: string
    let schemaId: string
    let query: Record<string, string>

    before(async () => {
      const database = await stack.create()
      drop = database.drop
      node = await startNode({
        dataDir: database.environment.DATA_DIR as string,
        environment: {
          ...database.environment,
          BULK_CHUNK_ROWS: '10',
          BULK_ROW_LIMIT: '500',
          BULK_LINE_LIMIT: '2000',
          BULK_BODY_LIMIT: '100000',
        },
      })
      issuerDid = await makeIssuer(node)
      schemaId = await makeSchema(node, issuerDid)
      query = { schemaId, issuerDid, proofType: 'eddsa-jcs-2022' }
    })
    after(async () => {
      await node?.close()
      await drop?.()
    })

    it('issues the rows of a CSV file, and gives back the bad ones with the reasons', async () => {
      const lines = Array.from(
        { length: 25 },
        (_, i) => `${holderDid},MasterDegree,"Degree, no ""${i}""",${1990 + i},`,
      )
      lines.splice(3, 0, `${holderDid},Doctor,x,soon,-`)
      lines.splice(15, 0, `nobody,BachelorDegree,x,2025,1`)
      lines.splice(20, 0, `${holderDid},BachelorDegree`)
      lines.push(`${holderDid},BachelorDegree,x,2025,1,=1+1`)
      const accepted = expect(202, await order(node, { query, rows: [header, ...lines].join('\n') }))
      assert.equal(accepted.headers.get('location'), `${bulkPath}/${accepted.body.id}`)
      assert.equal(accepted.body.total, 29)

      const job = await ended(node, accepted.body.id)
      assert.deepEqual([job.state, job.n, job.issued, job.failed, job.registered], ['done', 29, 25, 4, 25])
      assert.ok(job.transactions >= 1 && job.transactions <= 3, String(job.transactions))

      const success = await csvFile(node, job.id, 'success')
      assert.deepEqual(
        success.map(({ row }) => Number(row)),
        Array.from({ length: 29 }, (_, i) => i + 1).filter((row) => ![4, 16, 21, 29].includes(row)),
      )
      const [first] = success
      assert.equal(first?.registration, 'registered')
      const { body } = expect(200, await node.call('GET', `/api/v1/credentials/${first?.credentialId}`))
      assert.deepEqual(body.credential.credentialSubject, {
        id: holderDid,
        degree: { type: 'MasterDegree', name: 'Degree, no "0"', graduationYear: 1990 },
      })
      assert.equal(body.transactionHash, first?.transactionHash)
      assert.deepEqual(
        expect(
          200,
          await node.call('POST', '/api/v1/credentials/verify', { body: { credential: body.credential } }),
        ).body.verified,
        true,
      )

      const answer = await node.call('GET', `${bulkPath}/${job.id}/failure`)
      assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${job.id}-failure.csv"`)
      assert.deepEqual(answer.body.split('\r\n'), [
        `cartulary:row,cartulary:code,cartulary:reason,${header}`,
        `4,SCHEMA_VALIDATION_FAILED,"The claims do not match the schema. /claims/degree/gpa must be a number; /claims/degree/graduationYear must be an integer; /claims/degree/type must be one of ""BachelorDegree"", ""MasterDegree""",${lines[3]}`,
        `16,MALFORMED_REQUEST,This row is not well formed. /holderDid must be a DID,${lines[15]}`,
        `21,MALFORMED_REQUEST,"This row has 2 cells, and the header 5.",${lines[20]}`,
        `29,MALFORMED_REQUEST,"This row has 6 cells, and the header 5.",${lines[28]}`,
        '',
      ])
      // corrected, the file is sent again as it is
      const corrected = answer.body
        .replace('Doctor,x,soon,-', 'BachelorDegree,x,2024,')
        .replace('nobody', holderDid)
        .replace(`${holderDid},BachelorDegree\r\n`, `${good}\r\n`)
        .replace(',=1+1', '')
      const again = await ended(node, expect(202, await order(node, { query, rows: corrected })).body.id)
      assert.deepEqual([again.issued, again.failed], [4, 0])
    })

    it('issues the rows of an NDJSON file, and gives back the bad ones as they were', async () => {
      const claims = { degree: { type: 'BachelorDegree', name: 'x' } }
      const lines = [
        JSON.stringify({ holderDid, claims }),
        '{"holderDid": 1, "claims": {}, "n": 12345678901234567890}',
        'no JSON at all',
        '{}',
        JSON.stringify({ subjectDid: holderDid, claims }),
        `{"holderDid":"${holderDid}","holderDid":"did:key:other","claims":{}}`,
      ]
      const type = 'application/x-ndjson'
      const { id } = expect(202, await order(node, { query, type, rows: `${lines.join('\r\n')}\n\n` })).body
      const job = await ended(node, id)
      assert.deepEqual([job.total, job.issued, job.failed], [6, 2, 4])
      const success = await ndjsonFile(node, id, 'success?include=credentials')
      assert.deepEqual(
        success.map(({ row, credential }) => [row, credential.credentialSubject.degree.name]),
        [
          [1, 'x'],
          [5, 'x'],
        ],
      )
      const failure = await download(node, id, 'failure')
      assert.equal(failure.type, type)
      assert.match(failure.text, /"n": 12345678901234567890\}\n/)
      const rows = failure.text
        .trim()
        .split('\n')
        .map((line: string) => JSON.parse(line))
      assert.deepEqual(
        rows.map((row: Record<string, { row: number; code: string }>) => row['cartulary:failure']?.row),
        [2, 3, 4, 6],
      )
      assert.equal(rows[1]['cartulary:line'], 'no JSON at all')
      // sent again without a correction, they fail again, and nothing of them is lost
      const again = await ended(
        node,
        expect(202, await order(node, { query, type, rows: failure.text })).body.id,
      )
      assert.deepEqual([again.issued, again.failed], [0, 4])
      const repeated = await ndjsonFile(node, again.id, 'failure')
      assert.equal(repeated[1]['cartulary:line'], 'no JSON at all')
      assert.equal((await csvFile(node, id, 'failure'))[1]?.line, 'no JSON at all')
    })

    it('tells at once all that is wrong with every row', async () => {
      const columns = 'degree.name,degree.name,degree.title,Note,degree'
      const answer = await order(node, {
        query: {
          ...query,
          proofType: 'none',
          expirationDate: '2001-01-01T00:00:00Z',
          mapping: '{"Other": null}',
        },
        rows: `${columns}\n1,2,3,4,5\n`,
      })
      expectProblem(400, 'PROOF_TYPE_UNSUPPORTED', answer)
      const told = answer.body.errors.map(
        ({ pointer, detail }: { pointer: string; detail: string }) => `${pointer} ${detail}`,
      )
      for (const expected of [
        /PROOF_TYPE_UNSUPPORTED/,
        /EXPIRATION_INVALID/,
        /"degree.name" stands there twice/,
        /"degree.title" is not in the schema/,
        /"Note" is not in the schema/,
        /"Other" is mapped, but not in the file/,
        /"degree" is for the whole of what "degree.name" is a part of/,
        /^\/holderDid has no column/,
      ])
        assert.ok(
          told.some((text: string) => expected.test(text)),
          `${expected} in ${told.join('\n')}`,
        )
      const missing = await order(node, { query, rows: 'holderDid,degree.name\nx,y\n' })
      expectProblem(422, 'BULK_COLUMNS_INVALID', missing)
      assert.deepEqual(missing.body.errors, [
        { pointer: '/claims/degree/type', detail: 'is required and has no column' },
      ])
      expectProblem(
        404,
        'SCHEMA_NOT_FOUND',
        await order(node, { query: { ...query, schemaId: 'none' }, rows: header }),
      )
      const nobody = { ...query, issuerDid: `did:ethr:0x7a69:0x${'12'.repeat(20)}`, schemaId: 'none' }
      const unknown = expectProblem(
        404,
        'ISSUER_NOT_FOUND',
        await order(node, { query: nobody, rows: header }),
      )
      assert.match(JSON.stringify(unknown.body.errors), /SCHEMA_NOT_FOUND/)
      expectProblem(
        400,
        'MALFORMED_REQUEST',
        await order(node, { query: { ...query, mapping: '[' }, rows: header }),
      )
    })

    it('refuses files that cannot be read to their end, and keeps nothing of them', async () => {
      const before = (await node.call('GET', bulkPath)).body.items.length
      const many = (count: number) => `${header}\n${`${good}\n`.repeat(count)}`
      for (const [status, code, rows] of [
        [400, 'MALFORMED_REQUEST', ''],
        [400, 'MALFORMED_REQUEST', `${header}\n`],
        [400, 'MALFORMED_REQUEST', `${many(15)}${holderDid},"never closed`],
        [400, 'MALFORMED_REQUEST', `${many(15)}${holderDid},"closed"too early,x,1,1`],
        [400, 'MALFORMED_REQUEST', `${many(15)}${'x'.repeat(3_000)}`],
        [413, 'PAYLOAD_TOO_LARGE', many(501)],
        [413, 'PAYLOAD_TOO_LARGE', `${header}\n${`${holderDid},${'x'.repeat(1_500)}\n`.repeat(80)}`],
      ] as const)
        expectProblem(status, code, await order(node, { query, rows }))
      const type = 'application/x-ndjson'
      expectProblem(
        400,
        'MALFORMED_REQUEST',
        await order(node, { query, type, rows: `{}\n${'x'.repeat(3_000)}` }),
      )
      const invalid = await fetch(`${node.node.url}${bulkPath}?${new URLSearchParams(query)}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${node.adminApiKey}`, 'content-type': 'text/csv' },
        body: Buffer.concat([Buffer.from(`${header}\n`), Buffer.from([0xc3, 0x28])]),
      })
      assert.match(await invalid.text(), /"code":"MALFORMED_REQUEST"/)
      for (const headers of [{ 'content-type': 'text/plain' }, { 'content-encoding': 'gzip' }])
        expectProblem(415, 'UNSUPPORTED_MEDIA_TYPE', await order(node, { query, rows: many(1), headers }))
      assert.equal((await node.call('GET', bulkPath)).body.items.length, before)
    })

    it('reads byte order marks, line ends, unicode, empty cells, types and mapped columns as they are meant', async () => {
      const rows = [
        '\ufeffWho;,Level,Title,Year,Grade,Note',
        `${holderDid},BachelorDegree,"zwei\r\nZeilen, 学位 🎓",2025,3.5,left out`,
        '',
        ` ${holderDid} ,MasterDegree,' 007 ,1999,,`,
      ].join('\r\n')
      const mapping = JSON.stringify({
        'Who;': 'holderDid',
        ...{
          Level: 'degree.type',
          Title: '/degree/name',
          Year: 'degree.graduationYear',
          Grade: 'degree.gpa',
          Note: null,
        },
      })
      const { id } = expect(202, await order(node, { query: { ...query, mapping }, rows })).body
      assert.equal((await ended(node, id)).issued, 2)
      const success = await ndjsonFile(node, id, 'success?include=credentials')
      assert.deepEqual(
        success.map(({ credential }) => credential.credentialSubject.degree),
        [
          { type: 'BachelorDegree', name: 'zwei\r\nZeilen, 学位 🎓', graduationYear: 2025, gpa: 3.5 },
          { type: 'MasterDegree', name: "' 007 ", graduationYear: 1999 },
        ],
      )
    })

    it('is paused, resumed, cancelled and forgotten', async () => {
      const rows = `${header}\n${`${good}\n`.repeat(200)}`
      const { id } = expect(202, await order(node, { query, rows })).body
      const act = (what: string) => node.call('POST', `${bulkPath}/${id}/${what}`)
      assert.equal(expect(200, await act('pause')).body.state, 'paused')
      assert.equal(expect(200, await act('pause')).body.state, 'paused')
      expectProblem(409, 'BULK_JOB_STATE', await node.call('DELETE', `${bulkPath}/${id}`))
      assert.equal(expect(200, await act('resume')).body.state, 'running')
      for await (const { data } of follow(node, id)) if (data.n >= 20) break
      const { n } = expect(200, await act('cancel')).body
      expectProblem(409, 'BULK_JOB_STATE', await act('resume'))
      const job = await ended(node, id)
      assert.deepEqual([job.state, job.n], ['cancelled', n])
      const success = await csvFile(node, id, 'success')
      const failure = await csvFile(node, id, 'failure')
      assert.equal(success.length, n)
      assert.equal(success.length + failure.length, 200)
      assert.ok(failure.every((row) => row['cartulary:code'] === 'NOT_ISSUED'))
      assert.equal(
        (
          await fetch(`${node.node.url}${bulkPath}/${id}/events`, {
            headers: { authorization: `Bearer ${node.adminApiKey}`, 'last-event-id': 'done' },
          })
        ).status,
        204,
      )
      expect(204, await node.call('DELETE', `${bulkPath}/${id}`))
      expectProblem(404, 'BULK_JOB_NOT_FOUND', await node.call('GET', `${bulkPath}/${id}`))
    })

    it('is followed no further with a key that was revoked', async () => {
      const body = { name: 'x', scopes: ['credentials:issue'], issuerDids: '*' }
      const made = expect(201, await node.call('POST', '/api/v1/api-keys', { body })).body
      const rows = `${header}\n${`${good}\n`.repeat(200)}`
      const { id } = expect(202, await order(node, { query, rows })).body
      const seen: string[] = []
      for await (const { event } of follow({ ...node, adminApiKey: made.key }, id)) {
        seen.push(event)
        if (seen.length === 1) expect(204, await node.call('DELETE', `/api/v1/api-keys/${made.id}`))
      }
      assert.deepEqual(seen, ['progress'])
      assert.equal((await ended(node, id)).state, 'done')
    })

    it('checks every row of a dry run and issues none', async () => {
      const count = async () =>
        (await node.call('GET', `/api/v1/credentials?schemaId=${encodeURIComponent(schemaId)}&limit=200`))
          .body.items.length
      const before = await count()
      const rows = `${header}\n${good}\n${good.replace('2025', 'x')}\n`
      const { id } = expect(202, await order(node, { query: { ...query, dryRun: 'true' }, rows })).body
      const job = await ended(node, id)
      assert.deepEqual([job.issued, job.failed, job.transactions], [1, 1, 0])
      assert.equal(await count(), before)
    })

    it('shows jobs to those who may act for the issuer, and repeats no order that has the same key', async () => {
      const headers = { 'idempotency-key': '"5f2c"' }
      const first = expect(202, await order(node, { query, rows: `${header}\n${good}`, headers })).body.id
      assert.equal(
        expect(202, await order(node, { query, rows: `${header}\n${good}`, headers })).body.id,
        first,
      )
      await ended(node, first)
      const other = {
        name: 'x',
        scopes: ['credentials:issue'],
        issuerDids: [`did:ethr:0x7a69:0x${'12'.repeat(20)}`],
      }
      const { key } = expect(201, await node.call('POST', '/api/v1/api-keys', { body: other })).body
      assert.deepEqual(expect(200, await node.call('GET', bulkPath, { key })).body.items, [])
      expectProblem(404, 'BULK_JOB_NOT_FOUND', await node.call('GET', `${bulkPath}/${first}`, { key }))
      expectProblem(403, 'FORBIDDEN', await order(node, { query, rows: header, key }))
      expectProblem(401, 'UNAUTHORIZED', await order(node, { query, rows: header, key: null }))
      const list = expect(200, await node.call('GET', `${bulkPath}?limit=2`)).body
      assert.equal(list.items[0].id, first)
      assert.equal(list.items.length, 2)
    })
  },
  nodeStacks,
)
