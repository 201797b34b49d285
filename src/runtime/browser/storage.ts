/** What the browser says of the origin's storage. */

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
  // Not there without https, nor on a server.
  const storage = globalThis.navigator?.storage
  if (storage === undefined) return { persisted: false, usage: undefined, quota: undefined }
  const [persisted, { usage, quota }] = await Promise.all([storage.persisted(), storage.estimate()])
  return { persisted, usage, quota }
}
