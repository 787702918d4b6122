import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  createLinkSecret,
  createPresentation,
  parsePresentation,
  parsePresentationRequest,
  verifyPresentation,
} from '../../../node/anoncreds/anoncreds.ts'
import { openIssuerGroup } from '../../../node/anoncreds/issuer-key.ts'
import type { JsonObject } from '../../../node/json.ts'
import { tamperedCopies } from '../suites/tampering.ts'
import {
  definitionId,
  type Issuer,
  issue,
  openIssuer,
  requestOf,
  resolved,
  schemaId,
  withCode,
} from './party.ts'

type Request = ReturnType<typeof requestOf>
type Credential = ReturnType<typeof issue>
type Presentation = ReturnType<typeof createPresentation>

const values = { Name: 'Ada Lovelace', 'birth Date': '18151210', height: '168', city: 'London' }

describe('AnonCreds presentations', () => {
  let issuer: Issuer
  let order: bigint
  let held: Credential

  /** All attributes revealed, unless named in `hidden`. */
  function present(request: Request, { credential = held, hidden = [] as string[], selfAttested = {} } = {}) {
    const referents = Object.keys(request.requested_attributes).filter((name) => !(name in selfAttested))
    return createPresentation({
      request,
      linkSecret: credential.linkSecret,
      selfAttested,
      credentials: [
        {
          credential: credential.stored,
          credentialDefinition: issuer.credentialDefinition,
          attributes: Object.fromEntries(
            referents.map((name) => [name, { revealed: !hidden.includes(name) }]),
          ),
          predicates: Object.keys(request.requested_predicates),
        },
      ],
    })
  }

  const verify = (presentation: unknown, request: Request) =>
    verifyPresentation({ presentation: parsePresentation(presentation), request, ...resolved(issuer) })

  /** Refused, whether as malformed or as not holding. */
  function isRefused(presentation: unknown, request: Request): boolean {
    try {
      return !verify(presentation, request).verified
    } catch {
      return true
    }
  }

  const full = () =>
    requestOf({
      requested_attributes: {
        one: { name: 'Name', restrictions: [{ cred_def_id: definitionId }] },
        hidden: { name: 'city' },
        said: { name: 'phone' },
      },
      requested_predicates: { tall: { name: 'height', p_type: '>', p_value: 150 } },
    })
  const fullPresentation = (request: Request) =>
    present(request, { hidden: ['hidden'], selfAttested: { said: '+44 1' } })

  before(async () => {
    issuer = await openIssuer(Object.keys(values))
    ;({ order } = openIssuerGroup(issuer.privateKey))
    held = issue(issuer, values)
  })

  it('reveals what was asked for, proves what was asked for, and nothing else', () => {
    const request = full()
    const presentation = fullPresentation(request)
    assert.deepEqual(verify(JSON.parse(JSON.stringify(presentation)), request), { verified: true })
    const text = JSON.stringify(presentation)
    for (const secret of [
      'London',
      '18151210',
      '"168"',
      held.linkSecret,
      held.stored.signature.p_credential.a,
    ])
      assert.ok(!text.includes(secret), secret)
    assert.deepEqual(presentation.requested_proof.revealed_attrs.one?.raw, 'Ada Lovelace')
  })

  it('cannot be linked by its numbers', () => {
    const request = full()
    const [first, second] = [fullPresentation(request), fullPresentation(request)]
    const numbers = (shown: Presentation) =>
      new Set(
        JSON.stringify(shown.proof)
          .match(/\d{70,}/g)
          ?.filter((number) => number.length > 78),
      )
    const shared = [...numbers(first)].filter((number) => numbers(second).has(number))
    assert.deepEqual(shared, [])
  })

  it('refuses every changed field', () => {
    const request = full()
    const { identifiers, requested_proof, proof } = fullPresentation(request)
    const { aggregated_proof, proofs } = proof
    const shorter = { c_hash: aggregated_proof.c_hash }
    let count = 0
    for (const { at, document } of tamperedCopies({
      identifiers,
      requested_proof,
      proofs,
      shorter,
    } as never)) {
      const { shorter: head, proofs: changed, ...rest } = document as Record<string, JsonObject>
      if (head === undefined || Object.keys(document).length !== 4) continue
      const altered = {
        ...rest,
        proof: { proofs: changed, aggregated_proof: { ...head, c_list: aggregated_proof.c_list } },
      }
      // what a holder says of itself nobody signs, and null says the same as nothing
      if (
        at.includes('self_attested_attrs/said changed') ||
        /(rev_reg_id|timestamp|non_revoc_proof|revealed_attr_groups) removed/.test(at)
      )
        continue
      assert.ok(isRefused(altered, request), at)
      count += 1
    }
    assert.ok(count > 60, `only ${count} changes`)
    const [first = [], ...others] = aggregated_proof.c_list
    const lists = [
      others,
      [...aggregated_proof.c_list, [1]],
      [[...first, 0], ...others],
      [[0, ...first], ...others],
    ]
    for (const c_list of lists)
      assert.ok(
        isRefused(
          { identifiers, requested_proof, proof: { proofs, aggregated_proof: { ...shorter, c_list } } },
          request,
        ),
      )
  })

  it('holds for one request alone', () => {
    const request = full()
    const presentation = fullPresentation(request)
    assert.ok(isRefused(presentation, { ...request, nonce: full().nonce }))
    const asked = (changes: object) => parsePresentationRequest({ ...request, ...changes })
    const { requested_attributes: attributes, requested_predicates: predicates } = request
    const others = [
      { requested_attributes: { ...attributes, more: { name: 'height' } } },
      { requested_attributes: { one: attributes.one } },
      { requested_attributes: { ...attributes, one: { name: 'city' } } },
      { requested_attributes: { ...attributes, one: { names: ['Name'] } } },
      {
        requested_attributes: {
          ...attributes,
          said: { name: 'phone', restrictions: [{ schema_id: schemaId }] },
        },
      },
      {
        requested_attributes: { ...attributes, one: { name: 'Name', restrictions: [{ cred_def_id: 'x' }] } },
      },
      { requested_attributes: { ...attributes, hidden: { name: 'unknown' } } },
      { requested_predicates: {} },
      { requested_predicates: { tall: { ...predicates.tall, p_value: 151 } } },
      { requested_predicates: { tall: { ...predicates.tall, p_type: '>=' } } },
      { requested_predicates: { tall: { ...predicates.tall, name: 'birth Date' } } },
    ]
    for (const changes of others) assert.ok(isRefused(presentation, asked(changes)), JSON.stringify(changes))
  })

  describe('responses outside their ranges', () => {
    // Whoever knows the order of the group, as the issuer does, finds longer responses for which every equation holds:
    // only the ranges refuse them.
    interface Squares {
      u: Record<string, string>
      r: Record<string, string>
      t: Record<string, string>
      mj: string
      alpha: string
    }
    interface Proof {
      eq_proof: Record<'a_prime' | 'e' | 'v' | 'm2', string> & { m: Record<string, string> }
      ge_proofs: [Squares]
    }
    const withProof = (presentation: Presentation, change: (proof: Proof) => void) => {
      const copy = structuredClone(presentation)
      change(copy.proof.proofs[0]?.primary_proof as unknown as Proof)
      return copy
    }
    const add = <Name extends string>(parent: Record<Name, string>, name: Name, by: bigint) => {
      parent[name] = String(BigInt(parent[name]) + by)
    }
    const changes: Record<string, (proof: Proof) => void> = {
      e: ({ eq_proof }: Proof) => add(eq_proof, 'e', order),
      v: ({ eq_proof }: Proof) => add(eq_proof, 'v', order << 1100n),
      m2: ({ eq_proof }: Proof) => add(eq_proof, 'm2', order << 500n),
      'm of an attribute': ({ eq_proof: { m } }: Proof) => add(m, 'city', order),
      'm of the link secret': ({ eq_proof: { m } }: Proof) => add(m, 'master_secret', order),
      'a negative m': ({ eq_proof: { m } }: Proof) => add(m, 'city', -order),
      'a negative e': ({ eq_proof }: Proof) => add(eq_proof, 'e', -order),
      'u of a square': ({ ge_proofs: [{ u }] }: Proof) => add(u, '2', order),
      'r of a square': ({ ge_proofs: [{ r }] }: Proof) => add(r, '0', order << 500n),
      'r of the distance': ({ ge_proofs: [{ r }] }: Proof) => add(r, 'DELTA', order << 500n),
      alpha: ({ ge_proofs: [predicate] }: Proof) => add(predicate, 'alpha', order << 900n),
    }
    for (const [name, change] of Object.entries(changes)) {
      it(`refuses ${name}`, () => {
        const request = full()
        const verdict = verify(withProof(fullPresentation(request), change), request)
        assert.ok(!verdict.verified && verdict.reason.includes('range'), JSON.stringify(verdict))
      })
    }

    it('refuses an A′ that is no unit, and one beyond n', () => {
      const request = full()
      const n = BigInt(issuer.credentialDefinition.value.primary.n)
      for (const change of [
        ({ eq_proof }: Proof) => Object.assign(eq_proof, { a_prime: '0' }),
        ({ eq_proof }: Proof) => add(eq_proof, 'a_prime', n),
        ({ ge_proofs: [{ t }] }: Proof) => add(t, 'DELTA', n),
      ]) {
        const verdict = verify(withProof(fullPresentation(request), change), request)
        assert.ok(!verdict.verified && verdict.reason.includes('unit'), JSON.stringify(verdict))
      }
    })

    it('refuses a predicate that is about another value than the signed one', () => {
      const request = full()
      const altered = withProof(fullPresentation(request), ({ ge_proofs: [predicate] }) =>
        add(predicate, 'mj', order),
      )
      const verdict = verify(altered, request)
      assert.ok(!verdict.verified && verdict.reason.includes('signed attribute'), JSON.stringify(verdict))
    })
  })

  describe('predicates', () => {
    const holds = {
      '>=': (x: number, y: number) => x >= y,
      '>': (x: number, y: number) => x > y,
      '<=': (x: number, y: number) => x <= y,
      '<': (x: number, y: number) => x < y,
    } as const

    const check = (credential: Credential, value: number, p_type: keyof typeof holds, p_value: number) => {
      const request = requestOf({ requested_predicates: { p: { name: 'height', p_type, p_value } } })
      if (!holds[p_type](value, p_value)) {
        assert.throws(() => present(request, { credential }), withCode('PRESENTATION_NOT_POSSIBLE'))
        return
      }
      assert.deepEqual(verify(present(request, { credential }), request), { verified: true })
    }

    it('hold at their bounds and at both ends of 32 bits, and nowhere else', () => {
      const [least, most] = [-(2 ** 31), 2 ** 31 - 1]
      const cases: Record<number, readonly [keyof typeof holds, number][]> = {
        [least]: [
          ['<=', most],
          ['<', most],
          ['>=', least],
          ['>', least],
          ['<', least],
        ],
        [most]: [
          ['>=', least],
          ['>', least],
          ['<=', most],
          ['<', most],
          ['>', most],
        ],
        '-1': [
          ['<', 0],
          ['>=', 0],
          ['>', -2],
          ['<=', -2],
          ['>', -1],
          ['<', -1],
        ],
      }
      for (const [value, predicates] of Object.entries(cases)) {
        const credential = issue(issuer, { ...values, height: value })
        for (const [type, bound] of predicates) check(credential, Number(value), type, bound)
      }
    }).timeout(120_000)

    it('hold for any numbers, or are refused', () => {
      const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
      const types = fc.constantFrom('>=', '>', '<=', '<')
      fc.assert(
        fc.property(int32, int32, types, (value, bound, type) => {
          check(issue(issuer, { ...values, height: String(value) }), value, type as never, bound)
        }),
        { numRuns: 8 },
      )
    }).timeout(120_000)

    it('are none over texts, nor beyond 32 bits, nor over what is revealed', () => {
      const over = (name: string, attributes = {}) =>
        requestOf({
          requested_attributes: attributes,
          requested_predicates: { p: { name, p_type: '>=', p_value: 1 } },
        })
      assert.throws(() => present(over('city')), withCode('PRESENTATION_NOT_POSSIBLE'))
      assert.throws(() => present(over('weight')), withCode('PRESENTATION_NOT_POSSIBLE'))
      const revealed = over('height', { a: { name: 'height' } })
      assert.throws(() => present(revealed), withCode('PRESENTATION_NOT_POSSIBLE'))
      for (const p_value of [2 ** 31, -(2 ** 31) - 1, 1.5])
        assert.throws(
          () => requestOf({ requested_predicates: { p: { name: 'height', p_type: '>=', p_value } } }),
          withCode('MALFORMED_REQUEST'),
        )
    })
  })

  describe('of several credentials', () => {
    const request = () =>
      requestOf({
        requested_attributes: { first: { name: 'Name' }, second: { names: ['city', 'height'] } },
        requested_predicates: { p: { name: 'birth Date', p_type: '<', p_value: 20000101 } },
      })
    const both = (asked: Request, one: Credential, other: Credential) =>
      createPresentation({
        request: asked,
        linkSecret: one.linkSecret,
        credentials: [
          { ...issuer, credential: one.stored, attributes: { first: { revealed: true } }, predicates: [] },
          {
            ...issuer,
            credential: other.stored,
            attributes: { second: { revealed: true } },
            predicates: ['p'],
          },
        ],
      })

    it('are bound to one link secret', () => {
      const asked = request()
      const other = issue(issuer, { ...values, city: 'Paris' }, held.linkSecret)
      const presentation = both(asked, held, other)
      assert.deepEqual(verify(presentation, asked), { verified: true })
      assert.equal(presentation.requested_proof.revealed_attr_groups?.second?.values.city?.raw, 'Paris')
    })

    it('are refused when two holders put theirs together', () => {
      const asked = request()
      const stranger = issue(issuer, values)
      assert.ok(isRefused(both(asked, held, stranger), asked))
    })

    it('are refused when a proof is moved to another credential', () => {
      const asked = request()
      const presentation = both(asked, held, issue(issuer, values, held.linkSecret))
      const swapped = structuredClone(presentation)
      swapped.proof.proofs.reverse()
      assert.ok(isRefused(swapped, asked))
    })
  })

  it('answers a request completely and once, or not at all', () => {
    const request = full()
    const credential = { ...issuer, credential: held.stored }
    const answer = (
      attributes: Record<string, { revealed: boolean }>,
      predicates: string[],
      selfAttested = {},
    ) =>
      createPresentation({
        request,
        linkSecret: held.linkSecret,
        credentials: [{ ...credential, attributes, predicates }],
        selfAttested,
      })
    const [shown, said] = [{ revealed: true }, { said: 'x' }]
    for (const bad of [
      () => answer({ one: shown }, ['tall'], said),
      () => answer({ one: shown, hidden: shown }, [], said),
      () => answer({ one: shown, hidden: shown }, ['tall']),
      () => answer({ one: shown, hidden: shown, said: shown }, ['tall']),
      () => answer({ one: shown, hidden: shown, extra: shown }, ['tall'], said),
      () => answer({ hidden: shown }, ['tall'], { ...said, one: 'Eve' }),
      () => answer({ one: shown, hidden: shown }, ['tall', 'tall'], said),
    ])
      assert.throws(bad, withCode('PRESENTATION_NOT_POSSIBLE'))
  })

  it('does not verify with another link secret', () => {
    const request = full()
    const stolen = { ...held, linkSecret: createLinkSecret() }
    const shown = present(request, { credential: stolen, selfAttested: { said: 'x' } })
    assert.ok(isRefused(shown, request))
  })

  it('needs the schema and the definition that it names', () => {
    const request = full()
    const presentation = fullPresentation(request)
    const { schemas, credentialDefinitions } = resolved(issuer)
    const verifyWith = (known: object) =>
      verifyPresentation({ presentation, request, schemas, credentialDefinitions, ...known })
    assert.throws(() => verifyWith({ schemas: {} }), withCode('SCHEMA_NOT_FOUND'))
    assert.throws(
      () => verifyWith({ credentialDefinitions: {} }),
      withCode('CREDENTIAL_DEFINITION_NOT_FOUND'),
    )
  })
})
