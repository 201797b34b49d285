/** What the browser says of the origin's storage, and whether a database that was there is gone. */

/** The storage of this origin, as the browser estimates it. */
export interface BrowserStorage {
  /** The browser has promised not to clear it by itself. */
  readonly persisted: boolean
  /** Bytes in use by the whole origin. */
  readonly usage: number | undefined
  /** Bytes that it may use; some browsers say more than there is. */
  readonly quota: number | undefined
}

export async function browserStorage(): Promise<BrowserStorage> {
  // Not there without https.
  if (navigator.storage === undefined) return { persisted: false, usage: undefined, quota: undefined }
  const [persisted, { usage, quota }] = await Promise.all([
    navigator.storage.persisted(),
    navigator.storage.estimate(),
  ])
  return { persisted, usage, quota }
}

/** Where a page remembers which database it has seen; a browser that clears one thing may leave the other. */
const noteOf = (name: string): string => `daybook:${name}:database`

/** Remembers the database of this name; answers with the id of another one that was there before. */
export function remember(name: string, id: string): string | undefined {
  try {
    const before = localStorage.getItem(noteOf(name)) ?? undefined
    if (before !== id) localStorage.setItem(noteOf(name), id)
    return before === id ? undefined : before
  } catch {
    // A page that may not use localStorage remembers nothing.
    return undefined
  }
}
