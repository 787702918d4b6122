import { JobRunner, type RunnerOptions } from './job-runner.ts'
import type { Queue } from './queue.ts'

/** Runs jobs inside this process, and tells nobody else of work. */
export function createInProcessQueue(options: RunnerOptions = {}): Queue {
  const announced = new Set<string>()
  const runners = new Map<string, JobRunner>()
  return {
    notify(jobName) {
      const runner = runners.get(jobName)
      if (runner) runner.notify()
      else announced.add(jobName)
    },
    async start(jobs) {
      for (const job of jobs) {
        const runner = new JobRunner(job, options)
        runners.set(job.name, runner)
        if (announced.delete(job.name)) runner.notify()
      }
    },
    async stop() {
      await Promise.all([...runners.values()].map((runner) => runner.stop()))
    },
  }
}
