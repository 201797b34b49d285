/** `navigator.locks` of an origin whose contexts live in one process and end when the simulation says so. */

import type { LockManagerLike } from '../../runtime/browser/surroundings.js'

interface Wish {
  readonly client: string
  readonly grant: () => void
}

interface Holder {
  readonly client: string
  readonly lose: () => void
}

export class VirtualLocks {
  readonly #held = new Map<string, Holder>()
  readonly #wishes = new Map<string, Wish[]>()
  readonly #ended = new Set<string>()

  /** As one context sees them. */
  of(client: string): LockManagerLike {
    return {
      request: (name, { signal, steal = false }, held) =>
        new Promise((resolve, reject) => {
          const grant = (): void => {
            signal?.removeEventListener('abort', abort)
            const holder = { client, lose: () => reject(aborted()) }
            this.#held.set(name, holder)
            Promise.resolve(held())
              .then(resolve, reject)
              .finally(() => this.#release(name, holder))
          }
          const wish = { client, grant }
          const abort = (): void => {
            if (this.#remove(name, wish)) reject(aborted())
          }
          signal?.addEventListener('abort', abort)
          if (signal?.aborted) return reject(aborted())
          if (steal) {
            this.#held.get(name)?.lose()
            this.#held.delete(name)
            return grant()
          }
          this.#wishes.set(name, [...this.#wishesFor(name), wish])
          // Nobody gets a lock in the midst of asking for it.
          queueMicrotask(() => this.#next(name))
        }),
      query: async () => ({
        held: Array.from(this.#held, ([name, { client }]) => ({ name, clientId: client })),
        pending: [...this.#wishes].flatMap(([name, wishes]) => wishes.map(() => ({ name }))),
      }),
    }
  }

  /** The lock is given to the next one, and whoever has it believes that it still has it. Answers who that is. */
  forget(name: string): string | undefined {
    const holder = this.#held.get(name)
    if (holder !== undefined) this.#release(name, holder)
    return holder?.client
  }

  /** A context has ended: what it held is free. */
  end(client: string): void {
    this.#ended.add(client)
    for (const [name, wishes] of this.#wishes) {
      this.#wishes.set(
        name,
        wishes.filter((wish) => wish.client !== client),
      )
    }
    for (const [name, holder] of this.#held) if (holder.client === client) this.#release(name, holder)
  }

  #release(name: string, holder: Holder): void {
    if (this.#held.get(name) !== holder) return
    this.#held.delete(name)
    this.#next(name)
  }

  #next(name: string): void {
    if (this.#held.has(name)) return
    const [first, ...others] = this.#wishesFor(name).filter(({ client }) => !this.#ended.has(client))
    this.#wishes.set(name, others)
    first?.grant()
  }

  #remove(name: string, wish: Wish): boolean {
    const wishes = this.#wishesFor(name)
    this.#wishes.set(
      name,
      wishes.filter((each) => each !== wish),
    )
    return wishes.includes(wish)
  }

  #wishesFor(name: string): Wish[] {
    return this.#wishes.get(name) ?? []
  }
}

const aborted = (): DOMException => new DOMException('The request was aborted.', 'AbortError')
