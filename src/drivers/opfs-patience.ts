/** What is said of files that another context has, or is writing to. */
const IN_USE: readonly string[] = ['NoModificationAllowedError', 'NotReadableError']

/** How long files that another context still holds are waited for, in ms, and how often they are tried. */
const PATIENCE = 5000
const TRY_AGAIN = 20

export const isInUse = (error: unknown): boolean =>
  IN_USE.includes((error as Partial<DOMException>).name ?? '')

/** Tries until the files are free: those of a worker that has just ended are so a moment after its locks. */
export async function whenFree<T>(attempt: () => Promise<T>): Promise<T> {
  const giveUp = performance.now() + PATIENCE
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isInUse(error) || performance.now() > giveUp) throw error
      await aMoment()
    }
  }
}

export const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TRY_AGAIN))
