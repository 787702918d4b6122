/**
 * Does some work and tells for how long it kept the event loop at most: the processor time that this thread used
 * between two turns of a timer. Time in which another process had the processor does not count, so that a busy machine
 * fails nobody.
 */
export async function longestTurn<T>(work: () => Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const used = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  }
  let [last, longest] = [used(), 0]
  const look = () => {
    const now = used()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(look, 1)
  try {
    const result = await work()
    look()
    return { result, milliseconds: longest }
  } finally {
    clearInterval(timer)
  }
}
