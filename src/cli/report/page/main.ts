/** The page: reads the model that stands beside this code, and shows the report that it is. */

import type { ReportModel } from '../model.js'
import { diffView } from './views/diff-view.js'
import { historyView } from './views/history-view.js'
import { logView } from './views/log-view.js'
import { statsView } from './views/stats-view.js'

const model = JSON.parse(document.getElementById('model')?.textContent ?? '') as ReportModel

document.body.append(viewOf(model))

function viewOf(model: ReportModel): HTMLElement {
  switch (model.report) {
    case 'log':
      return logView(model)
    case 'history':
      return historyView(model)
    case 'diff':
      return diffView(model)
    case 'stats':
      return statsView(model)
  }
}
