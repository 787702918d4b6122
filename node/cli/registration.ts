import { type ClaimedRegistration, registrationSchema } from '../verification/registration-evidence.ts'
import { CliError } from './exit.ts'

/** The Merkle proof of a registration, from whoever gave it. @throws CliError */
export function parseRegistration(given: unknown): ClaimedRegistration {
  const parsed = registrationSchema.safeParse(given)
  if (parsed.success) return parsed.data
  throw new CliError('malformed', 'The registration is not what GET /credentials/{id}/registration gives.')
}
