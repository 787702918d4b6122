import { readFileSync } from 'node:fs'

/** Megabytes of a process that are in memory (VmRSS), or the most there have been (VmHWM; Linux, proc(5)). */
export function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024)
}
