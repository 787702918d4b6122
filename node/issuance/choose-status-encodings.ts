import { IssuerError } from '../errors.ts'
import type { Format } from '../formats/format.ts'
import type { StatusEncoding } from '../status/status-list.ts'
import type { DataModel } from '../suites/suite.ts'
import type { PipelineDeps } from './pipeline.ts'

interface Wish {
  format: Format
  dataModel: DataModel
  /** Names of encodings; the first one that the format has a place for when left out. */
  names: readonly string[] | undefined
}

/** How credentials of a format carry their status. @throws STATUS_ENCODING_UNSUPPORTED */
export function chooseStatusEncodings(
  { statusEncodings }: Pick<PipelineDeps, 'statusEncodings'>,
  { format, dataModel, names }: Wish,
): readonly StatusEncoding[] {
  const places = format.statusPlaces ?? ['entry']
  const possible = places.flatMap((place) =>
    statusEncodings.filter((encoding) => encoding.place === place && encoding.dataModels.includes(dataModel)),
  )
  const asked = new Set(names ?? possible.slice(0, 1).map(({ name }) => name))
  const chosen = possible.filter(({ name }) => asked.has(name))
  if (chosen.length === asked.size && chosen.length > 0) return chosen
  const supported = possible.map(({ name }) => name).join(', ')
  throw new IssuerError('STATUS_ENCODING_UNSUPPORTED', {
    detail: `Credentials of the format ${format.name} and the data model ${dataModel} carry their status as: ${supported || 'nothing'}.`,
    facts: { format: format.name, dataModel, supported },
  })
}
