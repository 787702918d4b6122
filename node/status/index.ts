import { bitstringStatusList } from './bitstring-status-list.ts'
import type { StatusEncoding } from './status-list.ts'
import { statusList2021 } from './status-list-2021.ts'
import { statusListRegistry } from './status-list-registry.ts'
import { tokenStatusList } from './token-status-list.ts'

/** Every encoding of a credential's status; of those that a format has a place for, the first is its default. */
export const statusEncodings: readonly StatusEncoding[] = [
  bitstringStatusList,
  statusList2021,
  tokenStatusList,
  statusListRegistry,
]
