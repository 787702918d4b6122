import { IssuerError } from '../errors.ts'
import type { DataModel, Suite } from '../suites/suite.ts'
import type { IssuerRecord, PipelineDeps } from './pipeline.ts'

interface Wish {
  proofType: string | undefined
  dataModel: DataModel
  /** Contexts that the document names already. */
  contexts: readonly unknown[]
  keys: IssuerRecord['keys']
  /** Whether holders are to derive from it. */
  derives: boolean
}

/**
 * The suite that is asked for, or else the first one that the issuer has a key for and that needs no further context,
 * or the first one at all; one that derives only when pointers ask for it.
 * @throws PROOF_TYPE_UNSUPPORTED, DATA_MODEL_UNSUPPORTED, ASSERTION_KEY_MISSING
 */
export function chooseSuite({ suites }: Pick<PipelineDeps, 'suites'>, wish: Wish): Suite {
  const { proofType, dataModel } = wish
  if (proofType !== undefined) return requireSuite(suites, proofType, dataModel)
  const possible = suites.filter(
    (suite) =>
      suite.dataModels.includes(dataModel) &&
      wish.keys.some(({ type }) => suite.keyTypes.includes(type)) &&
      (suite.derive !== undefined) === wish.derives,
  )
  const ready = possible.find((suite) =>
    suite.contexts(dataModel).every((url) => wish.contexts.includes(url)),
  )
  const chosen = ready ?? possible[0]
  if (!chosen) throw new IssuerError('ASSERTION_KEY_MISSING', { facts: { dataModel } })
  return chosen
}

function requireSuite(suites: readonly Suite[], proofType: string, dataModel: DataModel): Suite {
  const suite = suites.find(({ name }) => name === proofType)
  if (!suite) {
    throw new IssuerError('PROOF_TYPE_UNSUPPORTED', {
      facts: { proofType, supported: suites.map(({ name }) => name).join(', ') },
    })
  }
  if (suite.dataModels.includes(dataModel)) return suite
  throw new IssuerError('DATA_MODEL_UNSUPPORTED', {
    facts: { proofType, dataModels: suite.dataModels.join(', ') },
  })
}
