import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import { statusListRegistry } from '../../../node/status/status-list-registry.ts'

const did = 'did:ethr:0x7a69:0x0000000000000000000000000000000000000001'
const lists = { revocation: `${did}/status/revocation/1`, suspension: `${did}/status/suspension/1` }

describe('statusListRegistry', () => {
  it('names the lists of the ledger, and nothing else', () => {
    const entries = statusListRegistry.entries({
      index: 3,
      purposes: ['revocation', 'suspension'],
      lists,
      urlOf: () => assert.fail('not published'),
    })
    assert.deepEqual(
      entries.map((entry) => statusListRegistry.parse(entry)),
      [
        { index: 3, purposes: ['revocation'], lists: { revocation: lists.revocation } },
        { index: 3, purposes: ['suspension'], lists: { suspension: lists.suspension } },
      ],
    )
    for (const entry of entries) assert.equal(entry.id, undefined)
  })

  it('refuses an entry without a list', () => {
    const type = 'StatusListRegistryEntry'
    const entry = { type, statusPurpose: 'revocation', statusListIndex: '3', statusList: lists.revocation }
    for (const statusList of [undefined, 5, 'https://issuer.example/1', `did:${'x'.repeat(600)}`]) {
      assert.throws(() => statusListRegistry.parse({ ...entry, statusList } as JsonObject), {
        code: 'MALFORMED_REQUEST',
      })
    }
  })
})
