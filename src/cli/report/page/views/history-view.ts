/** `history`: one row along the entries that touched it; its lanes are its fields. */

import { encodeKey } from '../../../../values/key.js'
import type { HistoryModel } from '../../model.js'
import { fieldChanges } from '../fields.js'
import { RowPanel } from '../panels/row-panel.js'
import { RowsAt } from '../rows-at.js'
import type { Binned, Marks, Stack } from '../timeline/bins.js'
import { keyText } from '../value-text.js'
import { emptyView, timelineView } from './timeline-view.js'

/** Fields with a lane of their own; the others share one. */
const LANES = 10

export function historyView(model: HistoryModel): HTMLElement {
  const what = `history of ${model.collection} ${keyText(model.key)}`
  if (model.entries.length === 0) return emptyView(model, what)
  const rows = new RowsAt(model)
  return timelineView(model, {
    what,
    query: '',
    rows,
    middle: new RowPanel(rows, model),
    lanes: () => fieldLanes(model, rows),
  })
}

/** A mark in a field's lane for each entry that changed it. */
function fieldLanes(model: HistoryModel, rows: RowsAt): Binned {
  const key = encodeKey(model.key)
  const changed = model.entries.map((_, index) => {
    const change = rows
      .changesAt(index)
      .find((each) => each.key === key && each.collection === model.collection)
    if (change === undefined) return []
    const fields = fieldChanges(change.before?.value, change.after?.value)
    const part = change.before === undefined ? 0 : change.after === undefined ? 2 : 1
    return fields.filter((field) => field.changed).map(({ name }) => ({ name, part }))
  })
  const names = [...new Set(changed.flatMap((fields) => fields.map(({ name }) => name)))]
  const own = names.length > LANES ? names.slice(0, LANES - 1) : names
  const lanes = own.map((name) => ({ label: name, title: name }))
  if (own.length < names.length)
    lanes.push({
      label: `${names.length - own.length} more`,
      title: names.slice(own.length).join(', ').slice(0, 500),
    })
  const stacks: readonly Stack[] = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ]
  return {
    count: model.entries.length,
    lanes,
    marksOf: (index): Marks[] =>
      (changed[index] ?? []).map(({ name, part }) => ({
        lane: own.includes(name) ? own.indexOf(name) : own.length,
        stack: stacks[part] as Stack,
      })),
    bytesOf: (index) => model.entries[index]?.[6] ?? 0,
    isDamaged: (index) => model.entries[index]?.[8] !== undefined,
  }
}
