/** The server's feed, for as long as the network may be used. It asks for what comes after a place, and tries again when it breaks. */

import type { Cursor, FeedMessage } from '../issue.js'

/** Between a broken connection and the next try, in ms. */
const RETRY = 1000

export interface FeedOptions {
  readonly cursor: () => Cursor | undefined
  readonly onMessage: (message: FeedMessage) => void
  readonly onError: (error: Error) => void
}

export class Feed {
  readonly #options: FeedOptions
  #source: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  open(): void {
    this.close()
    const { cursor, onMessage, onError } = this.#options
    const after = cursor()
    const query =
      after === undefined
        ? ''
        : `?${new URLSearchParams({ ...after, term: `${after.term}`, seq: `${after.seq}` })}`
    const source = new EventSource(`/api/feed${query}`)
    this.#source = source
    source.onmessage = ({ data }) => onMessage(JSON.parse(data))
    source.onerror = () => {
      this.close()
      onError(new Error('The server does not answer.'))
      this.#retry = setTimeout(() => this.open(), RETRY)
    }
  }

  close(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = undefined
  }
}
