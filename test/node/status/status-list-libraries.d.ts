// Digital Bazaar's status libraries come without types.
interface StatusVerdict {
  verified: boolean
  error?: unknown
  results?: { status?: boolean }[]
}

declare module '@digitalbazaar/vc-bitstring-status-list' {
  export function checkStatus(options: {
    credential: unknown
    suite: unknown
    documentLoader: (url: string) => Promise<unknown>
  }): Promise<StatusVerdict>
}

declare module '@digitalbazaar/vc-status-list' {
  export function checkStatus(options: {
    credential: unknown
    suite: unknown
    documentLoader: (url: string) => Promise<unknown>
  }): Promise<StatusVerdict>
  export function decodeList(options: {
    encodedList: string
  }): Promise<{ length: number; getStatus(index: number): boolean }>
}
