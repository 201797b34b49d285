import type { Key } from '../../values/key.js'
import type { SyncParams } from './core-writer.js'

/** The row's metadata once everything that sync has handed over is visible. */
export function acceptedMetadata(collection: object, key: Key): unknown {
  const { pendingSyncedTransactions, syncedMetadata } = (collection as SyncParams<object, Key>['collection'])
    ._state
  for (let at = pendingSyncedTransactions.length - 1; at >= 0; at--) {
    const { rowMetadataWrites, truncate } = pendingSyncedTransactions[at]!
    const write = rowMetadataWrites.get(key)
    if (write !== undefined) return write.type === 'set' ? write.value : undefined
    if (truncate) return undefined
  }
  return syncedMetadata.get(key)
}
