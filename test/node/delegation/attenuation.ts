import assert from 'node:assert/strict'
import fc from 'fast-check'
import { attenuationViolations, type Delegation } from '../../../node/delegation/attenuation.ts'

const [human, agent, helper, stranger] = ['did:ethr:0x1', 'did:key:a', 'did:key:b', 'did:key:c'] as const

const root: Delegation = {
  credentialId: 'urn:uuid:root',
  issuer: human,
  subject: agent,
  validUntil: '2030-01-01T00:00:00Z',
  claims: {
    delegator: human,
    delegate: agent,
    scope: ['compare-prices', 'purchase-groceries'],
    constraints: { maxSpendPerWeek: 200, minRating: 3, minutes: 30, merchants: ['A', 'B'], currency: 'EUR' },
    maxDepth: 1,
  },
}

const child: Delegation = {
  credentialId: 'urn:uuid:child',
  issuer: agent,
  subject: helper,
  validUntil: '2029-01-01T00:00:00Z',
  claims: {
    delegator: agent,
    delegate: helper,
    scope: ['compare-prices'],
    constraints: {
      maxSpendPerWeek: 50,
      minRating: 4,
      minutes: 30,
      merchants: ['B'],
      currency: 'EUR',
      extra: true,
    },
    maxDepth: 0,
    parentCredentialId: 'urn:uuid:root',
  },
}

type Change = Partial<Omit<Delegation, 'claims'>> & { claims?: Partial<Delegation['claims']> }
const changed = (base: Delegation, change: Change): Delegation => ({
  ...base,
  ...change,
  claims: { ...base.claims, ...change.claims },
})
const constrained = (constraints: Record<string, unknown>): Change => ({
  claims: {
    constraints: { ...child.claims.constraints, ...constraints } as Delegation['claims']['constraints'] & {},
  },
})
const pointers = (delegation: Delegation, parent?: Delegation): string[] =>
  attenuationViolations(delegation, parent).map(({ pointer }) => pointer)

describe('attenuation of agent delegations', () => {
  it('accepts a root that speaks for its issuer and a child that narrows it', () => {
    assert.deepEqual(pointers(root), [])
    assert.deepEqual(pointers(child, root), [])
  })

  it('accepts a child that the issuer of the parent issues on behalf of its delegate', () => {
    assert.deepEqual(pointers(changed(child, { issuer: human }), root), [])
  })

  const refused: [string, Change, string][] = [
    ['a child of a stranger', { issuer: stranger }, '/parentCredentialId'],
    ["a delegator other than the parent's delegate", { claims: { delegator: human } }, '/delegator'],
    ['a delegate other than the holder', { subject: stranger }, '/delegate'],
    ['an action outside the scope', { claims: { scope: ['compare-prices', 'sell-house'] } }, '/scope/1'],
    ['the depth of the parent', { claims: { maxDepth: 1 } }, '/maxDepth'],
    ['a later expiry', { validUntil: '2030-01-01T00:00:01Z' }, ''],
    ['a higher maximum', constrained({ maxSpendPerWeek: 201 }), '/constraints/maxSpendPerWeek'],
    ['a maximum that is no number', constrained({ maxSpendPerWeek: '20' }), '/constraints/maxSpendPerWeek'],
    ['a lower minimum', constrained({ minRating: 2 }), '/constraints/minRating'],
    ['another value that only starts like a minimum', constrained({ minutes: 31 }), '/constraints/minutes'],
    ['a wider list', constrained({ merchants: ['A', 'C'] }), '/constraints/merchants'],
    ['another value', constrained({ currency: 'USD' }), '/constraints/currency'],
    ['a dropped constraint', constrained({ currency: undefined }), '/constraints/currency'],
  ]
  for (const [what, change, pointer] of refused) {
    it(`refuses ${what}`, () => assert.deepEqual(pointers(changed(child, change), root), [pointer]))
  }

  it('refuses a child without expiry under a parent that expires', () => {
    const { validUntil: _, ...endless } = child
    assert.deepEqual(pointers(endless, root), [''])
  })

  it('refuses a child of a parent that allows no depth, or names none', () => {
    const { maxDepth: _, ...claims } = root.claims
    for (const parent of [changed(root, { claims: { maxDepth: 0 } }), { ...root, claims }]) {
      assert.deepEqual(pointers(child, parent), ['/parentCredentialId'])
    }
  })

  it('refuses a root that speaks for somebody else', () => {
    assert.deepEqual(pointers(changed(root, { claims: { delegator: stranger } })), ['/delegator'])
  })

  it('does not find an inherited property where a constraint was dropped', () => {
    const parent = changed(root, { claims: { constraints: { toString: 'x' } as never } })
    assert.deepEqual(pointers(changed(child, { claims: { constraints: {} } }), parent), [
      '/constraints/toString',
    ])
  })

  it('is transitive: what two steps allow, the first allows', () => {
    const actions = ['a', 'b', 'c', 'd']
    const delegation = fc.record({ scope: fc.subarray(actions), max: fc.integer({ min: 0, max: 5 }) })
    fc.assert(
      fc.property(delegation, delegation, delegation, (first, second, third) => {
        const make = (
          issuer: string,
          subject: string,
          depth: number,
          { scope, max }: typeof first,
        ): Delegation => ({
          credentialId: `urn:uuid:${depth}`,
          issuer,
          subject,
          claims: {
            delegator: issuer,
            delegate: subject,
            scope,
            constraints: { maxSpend: max },
            maxDepth: depth,
          },
        })
        const [one, two, three] = [
          make(human, agent, 2, first),
          make(agent, helper, 1, second),
          make(helper, stranger, 0, third),
        ]
        if (pointers(two, one).length > 0 || pointers(three, two).length > 0) return
        assert(third.scope.every((action) => first.scope.includes(action)))
        assert(third.max <= first.max)
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})
