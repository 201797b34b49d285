/** Which rows somebody asks about, and what is said of what was damaged on the way to them. */

import type { Scanned } from '../../log/scan.js'
import type { Wanted } from '../../materializer/past/interest.js'
import { encodeKey } from '../../values/key.js'
import { keysMeant } from '../entries/filter.js'
import { UsageError } from '../exit-codes.js'
import type { Output } from '../output/output.js'
import { count } from '../output/words.js'

/** @throws UsageError for a key without a collection */
export function wantedRows(collection: string | undefined, keys: readonly string[] = []): Wanted | undefined {
  if (collection === undefined) {
    if (keys.length > 0)
      throw new UsageError('Name the collection that the key is of: state <file> <collection> --key …')
    return undefined
  }
  const meant = keys.flatMap((key) => keysMeant(key)).map(encodeKey)
  return new Map([[collection, keys.length > 0 ? new Set(meant) : 'all']])
}

/** Places named one by one. */
const NAMED = 10

/** Damage that was met on the way, each place once. */
export class MetDamage {
  readonly #places = new Map<number, Scanned>()

  readonly note = (damage: Scanned): void => {
    this.#places.set(damage.seq, damage)
  }

  /** In the JSON shape `damage`. */
  get json(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#places.values()].map((place) => ({
      type: 'damage',
      seq: place.seq,
      through: place.entry === undefined ? place.through : place.seq,
      damage: place.damage,
    }))
  }

  /** Says it in remarks. */
  tell(out: Output): void {
    const places = [...this.#places.values()]
    for (const { seq, damage } of places.slice(0, NAMED)) {
      out.remark(`damaged: entry ${seq}: ${damage}`)
    }
    if (places.length > NAMED) out.remark(`and ${count(places.length - NAMED, 'further place')}`)
    if (places.length > 0)
      out.remark('What these entries say is shown as it can be read; what they hide is not known.')
  }
}
