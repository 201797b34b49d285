/**
 * The indexes of a collection that loads its rows by subset, mirrored on disk: those that it has, and those that are added
 * and removed while it runs. Only single properties have one on disk; an index never changes an answer.
 */

import { type Expression, pathOf } from '../../../materializer/subset/subset.js'
import type { Key } from '../../../values/key.js'
import type { Internals } from '../../daybook/internals.js'
import type { SyncParams } from '../core-state.js'

/** Mirrors until the returned function is called. Failures go to the daybook: queries work without an index. */
export function mirrorIndexes(
  id: string,
  internals: Internals,
  collection: SyncParams<object, Key>['collection'],
): () => void {
  const change = (kind: 'add' | 'remove', expressions: readonly unknown[]): void => {
    const paths = (expressions as readonly Expression[]).flatMap((each) =>
      each.type === 'ref' ? [pathOf(each)] : [],
    )
    if (paths.length === 0) return
    internals.journal.index(id, { [kind]: paths }).catch((error: unknown) => internals.events.report(error))
  }
  const stops = [
    collection.on('index:added', ({ index }) => change('add', [index.expression])),
    collection.on('index:removed', ({ index }) => change('remove', [index.expression])),
  ]
  change(
    'add',
    collection.getIndexMetadata().map(({ expression }) => expression),
  )
  return () => {
    for (const stop of stops) stop()
  }
}
