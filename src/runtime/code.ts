/** The code that a page loads when its daybook is open (later.ts), and what is done with it. */

export type Later = typeof import('./later.js')

export class LaterCode {
  readonly #fetch: () => Promise<Later>
  #loaded: Later | undefined
  #loading: Promise<Later> | undefined

  /** The code, or what loads it. */
  constructor(code: Later | (() => Promise<Later>)) {
    this.#fetch = typeof code === 'function' ? code : async () => code
    this.#loaded = typeof code === 'function' ? undefined : code
  }

  /** The code, once it is loaded. */
  get loaded(): Later | undefined {
    return this.#loaded
  }

  /** Loads what is missing. Rejects when that cannot be; the next call tries again. */
  load(): Promise<Later> {
    if (this.#loading === undefined) {
      this.#loading = this.#fetch()
      // Before those who wait for it: they follow directly, in their order, and nobody comes between them.
      this.#loading.then(
        (code) => {
          this.#loaded = code
        },
        () => {
          this.#loading = undefined
        },
      )
    }
    return this.#loading
  }

  /** Does work with the code: at once where it is there, otherwise when it is, in the order in which it was asked for. */
  run<T>(work: (code: Later) => Promise<T>): Promise<T> {
    return this.#loaded === undefined ? this.load().then(work) : work(this.#loaded)
  }
}
