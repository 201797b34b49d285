/** Everything that a verb with `--html` needs, loaded when it is asked for. */

export { type Difference, diffModel } from './diff-model.js'
export { logReport } from './of-log.js'
export { sourceOf } from './source.js'
export { statsModel } from './stats-model.js'
export { historyModel, logModel } from './timeline-model.js'
export { writeReport } from './write.js'
