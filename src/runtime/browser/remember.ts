/** Whether a database that was there is gone. */

/** Where a page remembers which database it has seen; a browser that clears one thing may leave the other. */
const noteOf = (name: string): string => `daybook:${name}:database`

/** Remembers the database of this name, or that there is none; answers with the id of another one that was there before. */
export function remember(name: string, id: string | undefined): string | undefined {
  try {
    const before = localStorage.getItem(noteOf(name)) ?? undefined
    if (id === undefined) localStorage.removeItem(noteOf(name))
    else if (before !== id) localStorage.setItem(noteOf(name), id)
    return before === id ? undefined : before
  } catch {
    // A page that may not use localStorage remembers nothing.
    return undefined
  }
}
