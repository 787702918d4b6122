import { bitstringStatusList } from './bitstring-status-list.ts'

/** Every encoding of status lists, the one for new credentials first. */
export const statusEncodings = [bitstringStatusList] as const
