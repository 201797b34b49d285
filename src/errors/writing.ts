/** What is to be written and cannot be, as it is. */

import { DaybookError } from './base.js'
import { formatPath } from './path.js'
import { describe, messageOf, quote } from './words.js'

/** Which op of a transaction is meant. */
export interface OpPlace {
  /** Its place among the ops, from 0. */
  readonly index: number
  /** What it says of the collection that it changes. */
  readonly collection?: unknown
  /** What it says of the row that it changes. */
  readonly key?: unknown
}

const formatOp = ({ index, collection, key }: OpPlace): string => {
  const row = key === undefined ? '' : `row ${describe(key)} of `
  return `op ${index} (${row}collection ${describe(collection)})`
}

/** A row key is neither a string nor a finite number. */
export class InvalidKeyError extends DaybookError {
  static override readonly code = 'DAYBOOK_INVALID_KEY'
  declare readonly code: 'DAYBOOK_INVALID_KEY'
  /** The op that has the key; left out where it is not one of a transaction. */
  declare readonly op: OpPlace | undefined

  constructor(
    readonly collection: string,
    readonly key: unknown,
    { op }: { readonly op?: OpPlace } = {},
  ) {
    super(
      `Collection ${quote(collection)}: ${describe(key)}${op ? `, the key of op ${op.index},` : ''} cannot be a row key. ` +
        'Return a string or a finite number from getKey.',
    )
    if (op !== undefined) this.op = op
  }
}

/** A value holds something that cannot be kept, such as a function. `path` leads to it. */
export class UnkeepableValueError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNKEEPABLE_VALUE'
  declare readonly code: 'DAYBOOK_UNKEEPABLE_VALUE'
  /** The op that has the value; left out where it is not one of a transaction. */
  declare readonly op: OpPlace | undefined

  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: string,
    { op, ...options }: { readonly cause?: unknown; readonly op?: OpPlace } = {},
  ) {
    super(
      `The value at ${formatPath(path)}${op ? ` of ${formatOp(op)}` : ''} cannot be kept: ${reason}. Remove it from the row ` +
        'or convert it before writing; nothing was written.',
      options,
    )
    if (op !== undefined) this.op = op
  }
}

/** An insert met a row that has its key already: one that was not loaded, or that another context has inserted. */
export class KeyTakenError extends DaybookError {
  static override readonly code = 'DAYBOOK_KEY_TAKEN'
  declare readonly code: 'DAYBOOK_KEY_TAKEN'

  constructor(
    readonly collection: string,
    readonly key: string | number,
  ) {
    super(
      `Collection ${quote(collection)} already has a row ${describe(key)}: another context inserted it, or it was on disk ` +
        'but not loaded yet. The insert was not kept; use update(), or another key.',
    )
  }
}

/** An update met no row any more: another write, here or in another context, has deleted it. */
export class RowGoneError extends DaybookError {
  static override readonly code = 'DAYBOOK_ROW_GONE'
  declare readonly code: 'DAYBOOK_ROW_GONE'

  constructor(
    readonly collection: string,
    readonly key: string | number,
  ) {
    super(
      `Collection ${quote(collection)} has no row ${describe(key)} any more: another write deleted it before this update ` +
        'reached the log. The update was not kept; insert the row again if it is still wanted.',
    )
  }
}

/** A change was refused because an earlier change of the same row was, and was made on top of it. */
export class EarlierRefusedError extends DaybookError {
  static override readonly code = 'DAYBOOK_EARLIER_REFUSED'
  declare readonly code: 'DAYBOOK_EARLIER_REFUSED'

  constructor(
    readonly collection: string,
    readonly key: string | number,
    options: { cause: unknown },
  ) {
    super(
      `This change of row ${describe(key)} of collection ${quote(collection)} was not kept, because an earlier one that it ` +
        `builds on was refused: ${messageOf(options.cause)} Both are rolled back; make the change again.`,
      options,
    )
  }
}

/** A transaction was given to a daybook that does not keep one of its collections. */
export class ForeignCollectionError extends DaybookError {
  static override readonly code = 'DAYBOOK_FOREIGN_COLLECTION'
  declare readonly code: 'DAYBOOK_FOREIGN_COLLECTION'

  constructor(readonly collection: string) {
    super(
      `Collection ${quote(collection)} is not kept by this daybook, so this transaction cannot be committed here as ` +
        'one entry. Create the collection with persistedCollectionOptions({ persistence: daybook }), or commit only ' +
        'the mutations of collections that are.',
    )
  }
}

/** The rows of a synced collection come from its source: they cannot be written to the log beside it. */
export class SyncedCollectionError extends DaybookError {
  static override readonly code = 'DAYBOOK_SYNCED_COLLECTION'
  declare readonly code: 'DAYBOOK_SYNCED_COLLECTION'

  constructor(readonly collection: string) {
    super(
      `Collection ${quote(collection)} is synced: its rows come from its source, so daybook.commit() cannot keep ` +
        'changes to it. Send them to the source in onInsert, onUpdate and onDelete, or in the mutationFn.',
    )
  }
}

/** A transaction is not of the shape the log accepts (a bug of the caller, or a message from a foreign context). */
export class InvalidTransactionError extends DaybookError {
  static override readonly code = 'DAYBOOK_INVALID_TRANSACTION'
  declare readonly code: 'DAYBOOK_INVALID_TRANSACTION'
  /** The op that is malformed, where it is one. */
  declare readonly op: OpPlace | undefined

  constructor(
    readonly reason: string,
    { op }: { readonly op?: OpPlace } = {},
  ) {
    super(
      `This transaction was refused and nothing was written: ${op ? `op ${op.index} is malformed: ` : ''}${reason}.`,
    )
    if (op !== undefined) this.op = op
  }
}
