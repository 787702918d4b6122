import { malformedStatus } from './malformed-status.ts'
import type { StatusEncoding } from './status-list.ts'
import { parseIndexedEntry } from './status-list-entry.ts'

const MAX_ID = 512

/** The registry itself: an entry names its list on the ledger by DID URL, and nothing is published anywhere else. */
export const statusListRegistry: StatusEncoding = {
  name: 'StatusListRegistryEntry',
  place: 'entry',
  dataModels: ['2.0', '1.1'],
  contexts: (_dataModel, registryTerms) => [registryTerms],

  // Without an id: in RDF an entry of another encoding with the same id would become one node with it.
  entries: ({ index, purposes, lists }) =>
    purposes.map((purpose) => ({
      type: 'StatusListRegistryEntry',
      statusPurpose: purpose,
      statusListIndex: String(index),
      statusList: lists[purpose],
    })),

  parse(entry) {
    const parsed = parseIndexedEntry(entry, 'StatusListRegistryEntry')
    if (!parsed || 'unsupported' in parsed) return parsed
    const { purpose, index } = parsed
    const { statusList } = entry
    if (typeof statusList !== 'string' || statusList.length > MAX_ID || !statusList.startsWith('did:')) {
      throw malformedStatus('entry has no usable statusList')
    }
    return { index, purposes: [purpose], lists: { [purpose]: statusList } }
  },
}
