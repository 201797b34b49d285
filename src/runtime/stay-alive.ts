/** Keeps the process alive until the work is done: somebody waits for it, and nothing but daybook's timers may be pending. */
export async function stayAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, LONGEST_INTERVAL)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

const LONGEST_INTERVAL = 2 ** 31 - 1
