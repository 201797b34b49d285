/** A mark on the sync config of synced collections. It survives the copies that core and adapters make of a config. */

const SYNCED = Symbol('daybook: the rows come from a source')

export const markSynced = <T extends object>(sync: T): T => ({ ...sync, [SYNCED]: true })

/** Whether a collection with this config gets its rows from a source. */
export const isSynced = (config: object): boolean =>
  SYNCED in ((config as { readonly sync?: object }).sync ?? {})
