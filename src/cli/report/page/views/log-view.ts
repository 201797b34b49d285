/** `log`: everything that happened, lane by lane, and the rows at each entry. */

import type { LogModel } from '../../model.js'
import { valueAsked } from '../../search-terms.js'
import { RowsPanel } from '../panels/rows-panel.js'
import { RowsAt } from '../rows-at.js'
import { collectionLanes } from './lanes.js'
import { emptyView, timelineView } from './timeline-view.js'

export function logView(model: LogModel): HTMLElement {
  if (model.entries.length === 0) return emptyView(model, 'log')
  const rows = new RowsAt(model)
  const middle = new RowsPanel(rows)
  const follow = (query: string) => {
    const collection = valueAsked(query, 'collection')
    if (collection !== undefined) middle.choose(collection)
  }
  const view = timelineView(model, {
    what: 'log',
    query: model.query,
    rows,
    middle,
    lanes: (search) =>
      collectionLanes(
        model,
        (collection) => search().toggle('collection', collection),
        (collection) => valueAsked(search().query, 'collection') === collection,
      ),
    searched: follow,
  })
  follow(model.query)
  return view
}
