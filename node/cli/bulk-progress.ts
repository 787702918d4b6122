/** A job as far as its progress goes. */
export interface Progress {
  state: string
  total: number
  n: number
  failed: number
  rate: number | null
  etaSeconds: number | null
  /** Why the node has paused it. */
  reason: { code: string; detail: string } | null
}

/** Where progress is shown. */
export interface Screen {
  isTTY?: boolean | undefined
  columns?: number | undefined
  write(text: string): unknown
}

const barWidth = 24
const lineEveryMs = 5_000

const whole = (value: number) => Math.round(value).toLocaleString('en-US')

function left(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

function line({ state, total, n, failed, rate, etaSeconds }: Progress): string {
  return [
    `${total > 0 ? Math.floor((n / total) * 100) : 0} %`,
    `${whole(n)}/${whole(total)}`,
    ...(failed > 0 ? [`${whole(failed)} failed`] : []),
    ...(state === 'running' ? [] : [state]),
    ...(rate !== null && state === 'running' ? [`${whole(rate)}/s`] : []),
    ...(etaSeconds !== null && n < total ? [`${left(etaSeconds)} left`] : []),
  ].join('  ')
}

/** What a job waits for, where its owner has to do something about it. */
const waitsFor = ({ state, reason }: Progress): string =>
  state === 'paused' && reason
    ? `paused by the node, until it is resumed: ${reason.code}: ${reason.detail}`
    : ''

/** Shows progress: a bar that moves on a terminal, a line now and then elsewhere; and once what a job waits for. */
export function createProgress(screen: Screen): { show(progress: Progress): void; end(): void } {
  let shown = 0
  let told = Number.NEGATIVE_INFINITY
  let last = ''
  let lastWait = ''
  const endLine = () => {
    if (screen.isTTY && shown > 0) screen.write('\n')
    shown = 0
  }
  return {
    show(progress) {
      const text = line(progress)
      const wait = waitsFor(progress)
      if (wait !== '' && wait !== lastWait) {
        endLine()
        screen.write(`${wait}\n`)
      }
      lastWait = wait
      if (text === last) return
      if (screen.isTTY) {
        const filled = Math.floor((progress.n / Math.max(1, progress.total)) * barWidth)
        const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${text}`
        const cut = bar.slice(0, Math.max(10, (screen.columns ?? 80) - 1))
        screen.write(`\r${cut.padEnd(shown)}`)
        shown = cut.length
      } else if (performance.now() - told >= lineEveryMs || progress.n === progress.total) {
        screen.write(`${text}\n`)
        told = performance.now()
      }
      last = text
    },
    end: endLine,
  }
}
