/** The log from its first entry, a little more at every look, also when it is trimmed in between. */

import type { Connection } from '../../drivers/driver.js'
import { Archive, type ArchivedEntry, entriesOf } from '../simulation/archive.js'

export class LogArchive {
  readonly #archive = new Archive()
  #seq = 0

  /** The same connection; what it trims is kept here. */
  of(connection: Connection): Connection {
    return this.#archive.of(connection)
  }

  /** The entries that were appended since the last look. */
  news(connection: Connection): ArchivedEntry[] {
    const news = this.#archive.whole(entriesOf(connection)).filter(({ seq }) => seq > this.#seq)
    for (const { seq } of news) {
      if (seq !== this.#seq + 1) throw new Error(`entry ${this.#seq + 1} is missing before entry ${seq}`)
      this.#seq = seq
    }
    return news
  }
}
