/** What the command says by its exit code. From 64 on as in sysexits.h of BSD. */
export const exitCodes = {
  verified: 0,
  failed: 1,
  unknown: 2,
  usage: 64,
  malformed: 65,
  unreadable: 66,
  unavailable: 69,
} as const

export type Exit = keyof typeof exitCodes

/** Ends the command with a message that says what is wrong and what to do. */
export class CliError extends Error {
  readonly exit: Exit

  constructor(exit: Exit, message: string) {
    super(message)
    this.exit = exit
  }
}
