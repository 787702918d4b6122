import assert from 'node:assert/strict'
import { readFacts } from '../../../node/formats/credential-facts.ts'
import type { JsonObject } from '../../../node/json.ts'
import { bitstringStatusList } from '../../../node/status/bitstring-status-list.ts'
import { statusEncodings } from '../../../node/status/index.ts'
import { checkStatusList } from '../../../node/verification/check-status-list.ts'

const check = (document: JsonObject) =>
  checkStatusList({ statusEncodings }, { document, facts: readFacts(document), secured: document })

describe('checkStatusList', () => {
  it('holds a list to its specification, and leaves other credentials to their schemas', async () => {
    const list = await bitstringStatusList.list?.encode({
      ...{ url: 'https://issuer.example/1', issuer: 'did:example:issuer', purpose: 'revocation' },
      ...{ bits: { revocation: new Uint8Array(16_384) }, validFrom: new Date(), validUntil: new Date() },
      ...{ ttlMilliseconds: 0, aggregationUrl: '' },
    })
    assert(list)
    assert.deepEqual(await check(list), { status: 'pass', schemaId: null })
    const found = await check({ ...list, credentialSubject: { encodedList: 'uAAAA' } })
    assert.equal(found?.status, 'fail')
    assert.equal(await check({ ...list, type: ['VerifiableCredential'] }), undefined)
    const schema = { id: 'https://issuer.example/schema', type: 'JsonSchema' }
    assert.equal(await check({ ...list, credentialSchema: schema }), undefined)
  })
})
