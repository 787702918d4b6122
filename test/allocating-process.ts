import { openIssuing } from './issuing.ts'

/**
 * A process of its own: allocates status entries of one issuer, `total` of them in groups of up to `most`, and writes
 * each as `list index` at the end. Its one argument is the JSON of what it needs.
 */
async function allocate(argument: string): Promise<void> {
  const { issuerDid, total, most, ...options } = JSON.parse(argument)
  const house = await openIssuing({ ...options, jobs: false })
  const lines: string[] = []
  let left: number = total
  const work = async () => {
    while (left > 0) {
      const count = Math.min(left, 1 + Math.floor(Math.random() * most))
      left -= count
      const entries = await house.deps.allocateStatus({ issuer: { did: issuerDid } as never, count })
      for (const { lists, index } of entries) lines.push(`${lists.revocation} ${index}`)
    }
  }
  await Promise.all([work(), work(), work()])
  process.stdout.write(`${lines.join('\n')}\n`)
  await house.close()
}

// Mocha imports every file of this folder
if (import.meta.main) await allocate(process.argv[2] as string)
