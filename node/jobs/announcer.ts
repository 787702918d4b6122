import { setTimeout as pause } from 'node:timers/promises'

interface AnnouncerOptions {
  /** Hands one announcement to a server; may fail, and may never end. */
  send(name: string): Promise<unknown>
  /** Told of each announcement that cannot go out now. */
  onUnsent(name: string): void
  /** Told when the server does not take announcements any more, once for each outage. */
  onLost(error: unknown): void
  /** Milliseconds; 2,000 and 1,000 when left out. */
  sendMs?: number
  retryMs?: number
}

/** Sends announcements to a server that may be down. */
export interface Announcer {
  /** Returns at once and never fails. */
  announce(name: string): void
  stop(): void
}

/**
 * Keeps one message on its way for each name, and remembers that another one is wanted: whatever the number of
 * announcements and however long the server is down, it holds one flag for each kind of job.
 */
export function createAnnouncer(options: AnnouncerOptions): Announcer {
  const { send, onUnsent, onLost, sendMs = 2_000, retryMs = 1_000 } = options
  /** What was announced and not sent yet; `again`: also after the present message had left. */
  const wanted = new Map<string, 'once' | 'again'>()
  const underway = new Map<string, Promise<unknown>>()
  const stopping = new AbortController()
  let connected = true

  async function deliver(name: string): Promise<void> {
    do {
      // a message that left before this announcement may have been looked at before it, too
      wanted.set(name, underway.has(name) ? 'again' : 'once')
      if (await attempt(name)) continue
      wanted.set(name, 'again')
      await pause(retryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    } while (wanted.get(name) === 'again' && !stopping.signal.aborted)
    wanted.delete(name)
  }

  async function attempt(name: string): Promise<boolean> {
    try {
      await endsInTime(message(name))
      connected = true
      return true
    } catch (error) {
      if (connected && !stopping.signal.aborted) onLost(error)
      connected = false
      onUnsent(name)
      return false
    }
  }

  /** The message on its way, which may be one that nobody has waited for to its end. */
  function message(name: string): Promise<unknown> {
    const sent =
      underway.get(name) ??
      Promise.resolve()
        .then(() => send(name))
        .finally(() => underway.delete(name))
    underway.set(name, sent)
    return sent
  }

  async function endsInTime(sent: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error('The queue does not answer.')), sendMs)
    try {
      await Promise.race([sent, late.promise])
    } finally {
      clearTimeout(timer)
      sent.catch(() => {})
    }
  }

  return {
    announce(name) {
      if (stopping.signal.aborted) return
      if (!connected) onUnsent(name)
      if (wanted.has(name)) wanted.set(name, 'again')
      else void deliver(name)
    },
    stop: () => stopping.abort(),
  }
}
