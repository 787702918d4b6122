import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import { onBehalfOf } from '../../../node/request-context.ts'
import { inThread } from '../../../node/threads/in-thread.ts'

const key = () => ({ privateKey: new Uint8Array(32).fill(7), publicKey: new Uint8Array(96) })

/** A proof that ends the thread: the BBS+ library does not expect an empty one. */
const endThread = () =>
  inThread('bbs', 'proofVerifyPlus', {
    ...{ publicKey: new Uint8Array(96), messages: [] },
    ...{ proof: new Uint8Array(0), nonce: new Uint8Array(1) },
  }).then(
    () => 'answered',
    () => 'ended',
  )

const readSchema = () =>
  inThread('anoncreds', 'verifyPresentation', {
    ...{ presentation: { no: 'presentation' }, request: {}, schemas: {}, credentialDefinitions: {} },
  }).then(
    () => 'verified',
    (error: unknown) => error as IssuerError,
  )

describe('inThread', () => {
  it('gives an error of the table back as one, with its violations', async () => {
    const error = (await readSchema()) as IssuerError
    assert.ok(error instanceof IssuerError)
    assert.equal(error.code, 'MALFORMED_REQUEST')
    assert.ok(error.violations.some(({ pointer }) => pointer === '/proof'))
    assert.ok(error.violations.length > 1)
  })

  it('gives any other error back by its message alone', async () => {
    const name = 'blindSign' as 'sign'
    const input = { key: key(), header: new Uint8Array(), messages: [] }
    await assert.rejects(inThread('bbs', name, input), {
      name: 'RangeError',
      message: 'There is no operation bbs.blindSign.',
    })
  })

  it('loses the one job that ends a thread, and does the others', async () => {
    const jobs = Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? endThread() : readSchema()))
    const answers = await Promise.all(jobs)
    for (const [i, answer] of answers.entries()) {
      if (i % 3 === 1) assert.equal(answer, 'ended')
      else assert.equal((answer as IssuerError).code, 'MALFORMED_REQUEST')
    }
  })

  it('refuses with a retryable code what would wait too long', async () => {
    const jobs = Array.from({ length: 1_100 }, readSchema)
    const codes = (await Promise.all(jobs)).map((answer) => (answer as IssuerError).code)
    const busy = codes.filter((code) => code === 'NODE_BUSY')
    assert.ok(busy.length > 0 && busy.length <= 100, `${busy.length} refused`)
    assert.equal(new IssuerError('NODE_BUSY').retryable, true)
    assert.equal(codes.filter((code) => code === 'MALFORMED_REQUEST').length, 1_100 - busy.length)
    assert.equal(((await readSchema()) as IssuerError).code, 'MALFORMED_REQUEST')
  })

  describe('shared by tenants', () => {
    const callAs = (tenantId: string, actor = 'key') =>
      onBehalfOf({ requestId: null, tenantId, actor }, readSchema).then(
        (error) => (error as IssuerError).code,
      )
    const callsAs = (count: number, ...caller: Parameters<typeof callAs>) =>
      Array.from({ length: count }, () => callAs(...caller))
    const refusedOf = async (calls: readonly Promise<string>[]) =>
      (await Promise.all(calls)).filter((code) => code === 'NODE_BUSY').length
    // what threads have, and the one after them, does not wait
    const handedOver = 8

    it('has places for a tenant while another has all that wait that it may, and takes turns', async () => {
      let done = 0
      const many = callsAs(1_100, 'college')
      for (const call of many) call.then((code) => code !== 'NODE_BUSY' && done++)
      const few = callsAs(20, 'school')
      assert.equal(await refusedOf(few), 0)
      assert.ok(done <= 20 + handedOver, `${done} of the other tenant were done before`)
      const refused = await refusedOf(many)
      assert.ok(refused <= 350 && refused >= 350 - handedOver, `${refused} refused`)
    })

    it('keeps of what others leave a quarter, and leaves whoever runs the node all of it', async () => {
      const others = [...callsAs(800, 'college'), ...callsAs(300, 'school')]
      const own = callsAs(100, 'default')
      // three quarters of 1,000, and of the 250 that are left
      const refused = await refusedOf(others)
      assert.ok(Math.abs(refused - (800 - 750) - (300 - 187)) <= handedOver, `${refused} refused`)
      assert.equal(await refusedOf(own), 37, 'all but 63 that are left')
    })

    it('lets callers without a key have a quarter, which takes no place from tenants', async () => {
      const anonymous = callsAs(300, 'default', 'anonymous')
      const college = callsAs(750, 'college')
      const refused = await refusedOf(anonymous)
      assert.ok(refused <= 50 && refused >= 50 - handedOver, `${refused} refused`)
      assert.equal(await refusedOf(college), 0)
    })
  })
})
