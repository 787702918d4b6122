import type { House } from '../issuer.ts'
import type { Job } from '../jobs/queue.ts'
import type { Issuer } from '../protocols/issuer.ts'

/** What stands beside the pipeline: what it offers to the protocols, its jobs, and what it must do at the end. */
export interface Part<Doors extends Partial<Issuer> = Partial<Issuer>> {
  doors: Doors
  jobs?: readonly Job[]
  close?(): Promise<void>
}

/** Opens every part, one line each; a part is one folder and one `open-….ts` here. */
export function openParts(_house: House & { nodeDid: string }) {
  const parts = [] as const satisfies readonly Part[]
  const all: readonly Part[] = parts
  return {
    doors: {},
    jobs: all.flatMap(({ jobs = [] }) => jobs),
    close: async () => {
      for (const part of all) await part.close?.()
    },
  }
}
