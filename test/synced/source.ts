/** A source that a test drives by hand: the `sync` of a custom collection, and its calls from outside. */

import { createCollection, type SyncConfig } from '@tanstack/db'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import type { Todo } from '../runtime/fixture.js'

export type Params = Parameters<SyncConfig<Todo, number>['sync']>[0]
export type Message = Parameters<Params['write']>[0]

export interface SourceSettings {
  readonly rowUpdateMode?: 'partial' | 'full'
  /** Called whenever the collection starts its source. */
  readonly onStart?: (params: Params) => void
  readonly cleanup?: (params: Params) => void | Promise<void>
}

export class Source {
  /** The calls of the present run; nothing while the source is not running. */
  params: Params | undefined
  /** How often it was started. */
  starts = 0
  readonly sync: SyncConfig<Todo, number>

  constructor(settings: SourceSettings = {}) {
    const { rowUpdateMode, onStart, cleanup } = settings
    this.sync = {
      ...(rowUpdateMode && { rowUpdateMode }),
      sync: (params) => {
        this.starts++
        this.params = params
        onStart?.(params)
        return () => {
          this.params = undefined
          return cleanup?.(params)
        }
      },
    }
  }

  get running(): Params {
    if (this.params === undefined) throw new Error('the source is not running')
    return this.params
  }

  /** One transaction. */
  send(...messages: readonly Message[]): ReturnType<Params['commit']> {
    return this.transaction(() => {
      for (const message of messages) this.running.write(message)
    })
  }

  transaction(work: (params: Params) => void): ReturnType<Params['commit']> {
    const params = this.running
    params.begin()
    work(params)
    return params.commit()
  }
}

export const insert = (value: Todo): Message => ({ type: 'insert', value })
export const update = (value: Partial<Todo> & { id: number }): Message => ({
  type: 'update',
  value: value as Todo,
})
export const remove = (key: number): Message => ({ type: 'delete', key })

export interface Extra {
  readonly readiness?: 'local' | 'remote'
  readonly initialRender?: { readonly strategy: 'network-first'; readonly networkTimeoutMs?: number }
  readonly schemaVersion?: number
  readonly migrate?: (row: Todo, from: number) => Todo
  readonly gcTime?: number
  readonly onInsert?: () => Promise<void>
}

/** A synced collection around a source. */
export function syncedTodos(persistence: Daybook, source: Pick<Source, 'sync'>, extra: Extra = {}) {
  return createCollection(
    persistedCollectionOptions({
      id: 'todos',
      getKey: (todo: Todo) => todo.id,
      sync: source.sync,
      persistence,
      ...extra,
    }),
  )
}

/** A server's rows, and a source that sends all of them when it starts and every change afterwards. */
export class LiveServer {
  readonly rows = new Map<number, Todo>()
  readonly #running = new Set<Params>()
  /** How often a source was started. */
  starts = 0

  readonly sync: SyncConfig<Todo, number> = {
    sync: (params) => {
      this.starts++
      this.#running.add(params)
      params.begin()
      params.truncate()
      for (const row of this.rows.values()) params.write(insert({ ...row }))
      params.commit()
      params.markReady()
      return () => {
        this.#running.delete(params)
      }
    },
  }

  /** How many sources run. */
  get running(): number {
    return this.#running.size
  }

  put(row: Todo): void {
    const message = this.rows.has(row.id) ? update : insert
    this.rows.set(row.id, row)
    this.#send((params) => params.write(message({ ...row })))
  }

  delete(id: number): void {
    if (!this.rows.delete(id)) return
    this.#send((params) => params.write(remove(id)))
  }

  /** All rows go, these come, in one transaction. */
  replace(rows: readonly Todo[]): void {
    this.rows.clear()
    for (const row of rows) this.rows.set(row.id, row)
    this.#send((params) => {
      params.truncate()
      for (const row of rows) params.write(insert({ ...row }))
    })
  }

  #send(work: (params: Params) => void): void {
    for (const params of this.#running) {
      params.begin()
      work(params)
      params.commit()
    }
  }
}
