/** A page that the bench drives: one side, with what can be measured of it on `window.side`. */

import { type Todo, todo, todos } from '../../rows.js'
import type { MeasuredSide } from '../measured-side.js'

/** A collection of todos that is open. */
export interface OpenTodos {
  readonly size: number
  insert(rows: Todo | Todo[]): Promise<unknown>
  /** A transaction for each, one after the other, in ms; where no page takes part in it. */
  insertEach?(rows: readonly Todo[]): Promise<number>
  /** Past the collection. */
  append?(row: Todo): Promise<unknown>
  /** Where there is a worker that can die. */
  restartWorker?(): void
}

const SIDES: Record<string, () => Promise<{ open(name: string): Promise<OpenTodos> }>> = {
  daybook: () => import('./daybook.js'),
  peer: () => import('./peer.js'),
  bare: () => import('./bare.js'),
}

const settings = new URLSearchParams(location.search)
const loading = SIDES[settings.get('side') ?? 'daybook']!()
let open: OpenTodos | undefined

const side: MeasuredSide = {
  async open() {
    const { open: openSide } = await loading
    const from = performance.now()
    open = await openSide(settings.get('name')!)
    return performance.now() - from
  },
  get size() {
    return open!.size
  },
  async insert(count, first) {
    if (open?.insertEach === undefined) return side.ask(count, first)
    return (await open.insertEach(todos(count, first))) / count
  },
  ask: (count, first) => each(count, first, (row) => open!.insert(row)),
  append: (count, first) => each(count, first, (row) => open!.append!(row)),
  fill: (count) => open!.insert(todos(count)),
  restartWorker: () => open!.restartWorker!(),
  longestInsert(first) {
    let stopped = false
    let longest = 0
    const running = (async () => {
      for (let n = 0; !stopped; n++) longest = Math.max(longest, await side.insert(1, first + n))
    })()
    return {
      async stop() {
        stopped = true
        await running
        return longest
      },
    }
  },
}

/** Writes one row after another; in ms for each. */
async function each(count: number, first: number, write: (row: Todo) => Promise<unknown>): Promise<number> {
  const from = performance.now()
  for (let n = 0; n < count; n++) await write(todo(first + n))
  return (performance.now() - from) / count
}

window.side = side
