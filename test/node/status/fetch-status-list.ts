import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IssuerError } from '../../../node/errors.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { statusListFetcher } from '../../../node/status/fetch-status-list.ts'

describe('the places for status lists that are being fetched', () => {
  let hosts: Server[]
  let held: ServerResponse[]
  let fetch: ReturnType<typeof statusListFetcher>
  let underWay: Promise<unknown>[]

  beforeEach(async () => {
    held = []
    underWay = []
    fetch = statusListFetcher({ allowLoopback: true, timeout: 5_000 })
    hosts = Array.from({ length: 5 }, () => createServer((_, response) => held.push(response)))
    for (const host of hosts) await once(host.listen(0, '127.0.0.1'), 'listening')
  })

  afterEach(() => {
    for (const host of hosts) {
      host.closeAllConnections()
      host.close()
    }
  })

  const fetchAs = (tenantId: string, host: number, actor = 'key') => {
    const { port } = (hosts[host] as Server).address() as AddressInfo
    return onBehalfOf({ requestId: null, tenantId, actor }, () =>
      fetch(`http://127.0.0.1:${port}/list`, '*/*'),
    )
  }
  /** Begins some that do not end by themselves; `answerAll` rejects if one is refused. */
  const hold = (count: number, ...caller: Parameters<typeof fetchAs>) => {
    const some = Array.from({ length: count }, () => fetchAs(...caller))
    for (const one of some) one.catch(() => {})
    underWay.push(...some)
  }
  const assertFull = (...caller: Parameters<typeof fetchAs>) =>
    assert.rejects(
      fetchAs(...caller),
      (error) =>
        error instanceof IssuerError &&
        error.code === 'STATUS_LIST_UNREACHABLE' &&
        /Too many others/.test(error.message),
    )
  const answerAll = async () => {
    for (const host of hosts) host.on('request', (_, response) => response.end())
    for (const response of held) response.end()
    await Promise.all(underWay)
  }

  it('are for a tenant half of what the others leave, and sixteen altogether', async () => {
    hold(4, 'college', 0)
    hold(4, 'college', 1)
    await assertFull('college', 2)
    hold(4, 'default', 2, 'anonymous')
    await assertFull('default', 3, 'anonymous')
    hold(2, 'school', 3)
    await assertFull('school', 4)
    // whoever runs the node has what is left
    hold(2, 'default', 3)
    await assertFull('default', 4)
    await assertFull('university', 4)
    await answerAll()
    await fetchAs('university', 4)
  })

  it('are free again after an address that is none', async () => {
    for (let n = 0; n < 20; n++) {
      const asked = fetch('no address', '*/*')
      await assert.rejects(asked, { code: 'STATUS_LIST_UNREACHABLE', message: 'Its host does not answer.' })
    }
  })

  it('are eight for a host, whoever asks', async () => {
    hold(7, 'college', 0)
    hold(1, 'school', 0)
    await assertFull('academy', 0)
    hold(1, 'academy', 1)
    await answerAll()
    await fetchAs('academy', 0)
  })
})
