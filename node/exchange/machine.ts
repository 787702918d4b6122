import { IssuerError } from '../errors.ts'

export const roles = ['ISSUER', 'HOLDER'] as const
export type Role = (typeof roles)[number]

/** In the order in which they follow one another; ABANDONED follows any that is not the end. */
export const states = ['PROPOSAL', 'OFFER', 'REQUEST', 'ISSUED', 'DONE', 'ABANDONED'] as const
export type State = (typeof states)[number]

/** What moves an exchange on: something this side does, or a message that it takes. */
export const steps = [
  'send-proposal',
  'receive-proposal',
  'send-offer',
  'receive-offer',
  'send-request',
  'receive-request',
  'issue',
  'receive-credential',
  'store',
  'receive-ack',
  'abandon',
  'receive-problem-report',
] as const
export type Step = (typeof steps)[number]

/** `START`: there is no exchange yet. */
interface Transition {
  role: Role
  step: Step
  from: readonly (State | 'START')[]
  to: State
}

const unfinished = ['PROPOSAL', 'OFFER', 'REQUEST', 'ISSUED'] as const

/** Every transition that there is; whatever is not here is refused. */
export const transitions: readonly Transition[] = [
  { role: 'ISSUER', step: 'receive-proposal', from: ['START'], to: 'PROPOSAL' },
  { role: 'ISSUER', step: 'send-offer', from: ['START', 'PROPOSAL'], to: 'OFFER' },
  { role: 'ISSUER', step: 'receive-request', from: ['OFFER'], to: 'REQUEST' },
  { role: 'ISSUER', step: 'issue', from: ['REQUEST'], to: 'ISSUED' },
  { role: 'ISSUER', step: 'receive-ack', from: ['ISSUED'], to: 'DONE' },
  { role: 'ISSUER', step: 'abandon', from: unfinished, to: 'ABANDONED' },
  { role: 'ISSUER', step: 'receive-problem-report', from: unfinished, to: 'ABANDONED' },

  { role: 'HOLDER', step: 'send-proposal', from: ['START'], to: 'PROPOSAL' },
  { role: 'HOLDER', step: 'receive-offer', from: ['START', 'PROPOSAL'], to: 'OFFER' },
  { role: 'HOLDER', step: 'send-request', from: ['OFFER'], to: 'REQUEST' },
  { role: 'HOLDER', step: 'receive-credential', from: ['REQUEST'], to: 'ISSUED' },
  { role: 'HOLDER', step: 'store', from: ['ISSUED'], to: 'DONE' },
  { role: 'HOLDER', step: 'abandon', from: unfinished, to: 'ABANDONED' },
  { role: 'HOLDER', step: 'receive-problem-report', from: unfinished, to: 'ABANDONED' },
]

/** Whether nothing can happen any more. */
export const isTerminal = (state: State): boolean => state === 'DONE' || state === 'ABANDONED'

/** An exchange as the machine sees it; `state` START and no id while there is none. */
export interface Standing {
  id?: string | undefined
  role: Role
  state: State | 'START'
}

/** The state into which a step leads. @throws EXCHANGE_STATE when there is no such transition */
export function requireTransition(standing: Standing, step: Step): State {
  const found = transitionOf(standing.role, step)
  if (!found?.from.includes(standing.state)) throw stateRefusal(standing, step)
  return found.to
}

/** Whether a step would be the right one later on: nothing of it has happened yet. */
export function isEarly({ role, state }: Standing, step: Step): boolean {
  const [first] = transitionOf(role, step)?.from ?? []
  return first !== undefined && order(state) < order(first)
}

/** The error for a step that has no transition. */
export function stateRefusal({ id, role, state }: Standing, step: Step): IssuerError {
  return new IssuerError('EXCHANGE_STATE', {
    detail: `The step ${step} is not possible for an exchange as ${role} in the state ${state}.`,
    facts: { ...(id !== undefined && { exchangeId: id }), role, state, step },
  })
}

const transitionOf = (role: Role, step: Step) =>
  transitions.find((transition) => transition.role === role && transition.step === step)

const order = (state: State | 'START') => (state === 'START' ? -1 : states.indexOf(state))
