import { degree, openIssuing } from './issuing.ts'

/**
 * A process of its own, to be killed: issues credentials, eight at a time, and writes the id of each that was
 * acknowledged. Its one argument is the JSON of what it needs.
 */
async function issueUntilKilled(argument: string): Promise<void> {
  const { terms, holderDid, ...options } = JSON.parse(argument)
  const house = await openIssuing(options)
  const issueForEver = async (): Promise<never> => {
    for (;;) {
      const { credentialId } = await house.issue({ ...terms, holderDid, claims: degree })
      process.stdout.write(`${credentialId}\n`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, issueForEver))
}

// Mocha imports every file of this folder
if (import.meta.main) await issueUntilKilled(process.argv[2] as string)
