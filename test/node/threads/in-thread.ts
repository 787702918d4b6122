import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
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
})
