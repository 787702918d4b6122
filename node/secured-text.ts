import type { Secured } from './suites/suite.ts'

/** A secured document as it is kept and delivered: JSON text, or the token. */
export const textOf = (secured: Secured): string =>
  typeof secured === 'string' ? secured : JSON.stringify(secured)

/** What such a text says. */
export const parseSecured = (text: string): Secured => (text.startsWith('{') ? JSON.parse(text) : text)
