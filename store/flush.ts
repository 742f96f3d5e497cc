/**
 * Writing what was noted in memory, off the hot path: every few seconds, at request, and at the end.
 * Callers: store/last-used.ts, store/use-counts.ts.
 */
const everyMs = 5_000

export interface Flusher {
  /** Writes what was noted until now. Never rejects. */
  flush(): Promise<void>
  /** Writes a last time. */
  close(): Promise<void>
}

/** @param write takes what was noted; must not reject */
export function createFlusher(write: () => Promise<void>): Flusher {
  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()

  let written: Promise<void> = Promise.resolve()
  /** One after the other, so that who waits for a flush waits for the one of the timer, too. */
  function flush(): Promise<void> {
    written = written.then(write)
    return written
  }

  return {
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
