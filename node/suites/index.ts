import { bbs2023 } from './bbs-2023.ts'
import { bbsBlsSignature2020 } from './bbs-bls-signature-2020.ts'
import { credentialTermsUrl } from './contexts/bundled-contexts.ts'
import { dcSdJwt } from './dc-sd-jwt.ts'
import { ecdsaJcs2019 } from './ecdsa-jcs-2019.ts'
import { ecdsaRdfc2019 } from './ecdsa-rdfc-2019.ts'
import { ecdsaSd2023 } from './ecdsa-sd-2023.ts'
import { ed25519Signature2020 } from './ed25519-signature-2020.ts'
import { eddsaJcs2022 } from './eddsa-jcs-2022.ts'
import { eddsaRdfc2022 } from './eddsa-rdfc-2022.ts'
import { type DigestSigners, ethereumEip712Signature2021 } from './ethereum-eip712-signature-2021.ts'
import type { JwtAgent } from './jwt-agent.ts'
import { jwtProof2020 } from './jwt-proof-2020.ts'
import type { Suite } from './suite.ts'
import { vcCose } from './vc-cose.ts'
import { vcJwt } from './vc-jwt.ts'
import { vcSdJwt } from './vc-sd-jwt.ts'

/**
 * Every way to secure a document. `publicUrl` is where this node serves its own context; without an agent and
 * signers of digests the suites verify, and sign only what needs none.
 */
export function createSuites({
  publicUrl,
  agent,
  digestSigners,
}: {
  publicUrl: string
  agent?: JwtAgent
  digestSigners?: DigestSigners
}): readonly Suite[] {
  const termsUrl = credentialTermsUrl(publicUrl)
  return [
    ed25519Signature2020(termsUrl),
    eddsaRdfc2022(termsUrl),
    eddsaJcs2022(termsUrl),
    ecdsaRdfc2019(termsUrl),
    ecdsaJcs2019(termsUrl),
    ecdsaSd2023(termsUrl),
    bbs2023(termsUrl),
    bbsBlsSignature2020(termsUrl),
    jwtProof2020(termsUrl, agent),
    vcJwt,
    vcSdJwt,
    dcSdJwt,
    vcCose,
    ethereumEip712Signature2021(termsUrl, digestSigners),
  ]
}
