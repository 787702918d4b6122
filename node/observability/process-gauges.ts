import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

/** Adds what the process uses; the result ends the measuring. */
export function addProcess(registry: Registry, version: string): () => void {
  const registers = [registry]
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  new Gauge({
    ...{ name: 'cartulary_event_loop_delay_seconds', labelNames: ['quantile'], registers },
    help: 'How late the event loop comes, since the last scrape.',
    collect() {
      for (const quantile of [0.5, 0.99, 1])
        this.set({ quantile: String(quantile) }, delay.percentile(quantile * 100) / 1e9)
      delay.reset()
    },
  })
  new Gauge({
    ...{ name: 'process_resident_memory_bytes', help: 'Resident memory.', registers },
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Counter({
    ...{ name: 'process_cpu_seconds_total', help: 'Processor time, user and system.', registers },
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  const info = { name: 'cartulary_build_info', help: 'The version, as a label.', labelNames: ['version'] }
  new Gauge({ ...info, registers }).set({ version }, 1)
  return () => delay.disable()
}
