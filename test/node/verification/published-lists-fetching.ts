import assert from 'node:assert/strict'
import type { CredentialFacts } from '../../../node/formats/format.ts'
import { statusEncodings } from '../../../node/status/index.ts'
import type { ListEncoding } from '../../../node/status/status-list.ts'
import { checkStatus } from '../../../node/verification/check-status.ts'
import {
  assertUnknown,
  encodings,
  openPublishedListHost,
  type PublishedListHost,
} from './published-list-host.ts'

const [bitstring] = encodings

describe('the fetching of published status lists', () => {
  let host: PublishedListHost
  before(async () => {
    host = await openPublishedListHost()
  })
  after(() => host?.close())
  beforeEach(() => {
    host.now = new Date()
  })

  it('does not know without a host that answers in time with 200 and no more than is read', async () => {
    host.serve('gone', 404)
    assertUnknown(await host.judge(bitstring, 1), /status 404/)
    host.serve('broken', 500)
    assertUnknown(await host.judge(bitstring, 1), /does not answer/)
    host.respond = (request) => request.socket.destroy()
    assertUnknown(await host.judge(bitstring, 1), /does not answer/)
    host.respond = () => undefined
    assertUnknown(await host.judge(bitstring, 1), /does not answer/)
    host.serve(Buffer.alloc(9 * 2 ** 20, 0x20))
    assertUnknown(await host.judge(bitstring, 1, { lists: host.reader(5_000) }), /too large/)
    for (const at of [
      'http://example.com/list',
      'ftp://127.0.0.1/',
      'https://10.0.0.1/',
      'https://[fe80::1]/',
      'data:,x',
    ]) {
      assertUnknown(await host.judge(bitstring, 1, { at }), /not one of https|no public address/, at)
    }
  })

  it('fetches eight lists of a host at a time, and has room again afterwards', async () => {
    const lists = host.reader(1_000)
    host.respond = () => undefined
    const found = await Promise.all(
      Array.from({ length: 9 }, (_, n) => host.judge(bitstring, 1, { lists, at: `${host.url}/${n}` })),
    )
    const refused = found.filter(({ reason }) => /Too many others/.test(reason ?? ''))
    assert.equal(refused.length, 1)
    host.serve(await host.listOf(bitstring))
    assert.equal((await host.judge(bitstring, 1, { lists })).status, 'pass')
  })

  it('follows a few redirects under the same rules', async () => {
    const good = await host.listOf(bitstring, { revoked: [1] })
    const redirect = (to: string, times: number) => {
      let left = times
      host.respond = (_, response) =>
        left-- > 0 ? response.writeHead(302, { location: to }).end() : response.writeHead(200).end(good)
    }
    redirect('/elsewhere', 3)
    assert.equal((await host.judge(bitstring, 1)).revoked, true)
    redirect('/elsewhere', 4)
    assertUnknown(await host.judge(bitstring, 1), /status 302/)
    redirect('http://169.254.169.254/latest/meta-data', 1)
    assertUnknown(await host.judge(bitstring, 1), /not one of https/)
  })

  it('asks for a list once while it counts, however many want it, and again when it does no more', async () => {
    host.serve(await host.listOf(bitstring))
    const lists = host.reader()
    host.requests = 0
    await Promise.all(Array.from({ length: 20 }, (_, index) => host.judge(bitstring, index, { lists })))
    assert.equal(host.requests, 1)
    host.serve(await host.listOf(bitstring, { revoked: [1] }))
    assert.equal((await host.judge(bitstring, 1, { lists })).status, 'pass')
    host.now = new Date(host.now.getTime() + 61_000)
    assert.equal((await host.judge(bitstring, 1, { lists })).revoked, true)
    assert.equal(host.requests, 2)
  })

  it('keeps no failure, and nothing of one issuer for another', async () => {
    const lists = host.reader()
    host.serve('gone', 404)
    assertUnknown(await host.judge(bitstring, 1, { lists }), /404/)
    host.serve(await host.listOf(bitstring))
    assert.equal((await host.judge(bitstring, 1, { lists })).status, 'pass')
    const answer = await lists({
      url: host.url,
      issuer: host.other.did,
      list: statusEncodings[0]?.list as ListEncoding,
    })
    assert.ok('status' in answer && answer.status === 'fail')
  })

  it('fetches nothing unless it may', async () => {
    host.requests = 0
    const facts = {
      issuer: host.issuer.did,
      credentialStatus: [
        {
          type: 'BitstringStatusListEntry',
          statusPurpose: 'revocation',
          statusListIndex: '1',
          statusListCredential: host.url,
        },
      ],
    }
    const { publishedLists: _, ...deps } = host.house.deps
    const found = await checkStatus(deps, facts as unknown as CredentialFacts)
    assertUnknown(found, /no others are fetched here/)
    assert.equal(host.requests, 0)
  })
})
