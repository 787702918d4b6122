import { IssuerError } from '../errors.ts'
import { disclose, parseSdJwt } from '../tokens/sd-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { readClaimsSet } from './claims-set.ts'
import { reservedNameViolations } from './concealable-claims.ts'
import { constructDocument } from './credential-document.ts'
import { unwrap } from './enveloped-credential.ts'
import type { Format, OpenedCredential, OpenOptions } from './format.ts'

function open(received: unknown, options?: OpenOptions): OpenedCredential | undefined {
  const text = unwrap(received, 'application/vc+sd-jwt')
  const token = parseSdJwt(text)
  if (!token) return undefined
  const type = tokenType(token.jwt.header)
  const isOne = type === 'vc+sd-jwt' || (type === undefined && token.jwt.payload['@context'] !== undefined)
  // until 2024 the type of what is dc+sd-jwt now
  if (!isOne || token.jwt.payload.vct !== undefined) return undefined
  const disclosed = disclose(token)
  if ('problem' in disclosed) throw new IssuerError('MALFORMED_REQUEST', { detail: disclosed.problem })
  return { ...readClaimsSet(disclosed.payload, options), secured: text as string }
}

/** An SD-JWT whose payload is the credential (Securing Verifiable Credentials using JOSE and COSE, 3.2.1). */
export const vcSdJwt: Format = {
  name: 'vc-sd-jwt',
  mediaType: 'application/vc+sd-jwt',
  statusPlaces: ['entry', 'claim'],
  bindsHolder: true,
  construct: (content) => {
    const violations = reservedNameViolations(content.claims)
    if (violations.length > 0) throw new IssuerError('SCHEMA_VALIDATION_FAILED', { violations })
    const { status, holderKey } = content
    return {
      ...constructDocument(content),
      ...(status && { status }),
      ...(holderKey && { cnf: { jwk: holderKey } }),
    }
  },
  open,
  // disclosures are for the holder to choose
  digestInput: (secured) => Buffer.from((secured as string).split('~')[0] as string, 'ascii'),
}
