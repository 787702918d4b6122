import { chooseDisclosure } from '../bbs/choose-disclosure.ts'
import { choosePlusDisclosure } from '../bbs/plus-disclosure.ts'
import { createSignData } from '../bbs/sign-data.ts'
import { disclose } from '../ecdsa-sd/disclose.ts'
import { signStatements } from '../ecdsa-sd/sign-statements.ts'
import { requireDefinedTerms } from './require-defined-terms.ts'
import { canonize, verifyData } from './verify-data.ts'
import { withContexts } from './with-contexts.ts'

/** What threads do to the RDF of documents. None of it needs a private key. */
export const operations = {
  requireDefinedTerms: withContexts(requireDefinedTerms),
  canonize: withContexts(canonize),
  verifyData: withContexts(verifyData),
  ecdsaSdSign: withContexts(signStatements),
  ecdsaSdDisclose: withContexts(disclose),
  bbsSignData: withContexts(createSignData),
  bbsDisclose: withContexts(chooseDisclosure),
  plusDisclose: withContexts(choosePlusDisclosure),
}
