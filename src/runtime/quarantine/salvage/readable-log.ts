/** What can still be read of a damaged log: the longest part from its beginning that is whole, and what lies behind. */

import type { Driver } from '../../../drivers/driver.js'
import { previousOf } from '../../../log/checkpoint-body.js'
import { GENESIS } from '../../../log/checksum.js'
import { ENTRY_FORMAT, type Entry } from '../../../log/entry.js'
import { checksumOf, floor, type RawEntry, rawPage } from '../../../log/read.js'
import { faultOfBody } from '../../../log/verify-body.js'
import { DAMAGED, Scan, tryRead } from './scan.js'

/** Entries read at a time while there is no damage. */
const PAGE = 200

/** The seq that the log begins with; nothing when that cannot be read. */
export async function beginningOf(driver: Driver): Promise<number | undefined> {
  const oldest = await tryRead(driver, floor)
  if (oldest !== DAMAGED) return oldest?.seq
  // The way to the first entry is damaged; the entry itself may be found.
  return (await entryAt(driver, 1)) === undefined ? undefined : 1
}

/** The entries from the beginning on, as long as each follows from the one before it. */
export async function* wholePrefix(driver: Driver, beginning: number): AsyncGenerator<Entry, void> {
  let seq = beginning - 1
  let term = 0
  let checksum: string | undefined = GENESIS
  if (beginning > 1) {
    const first = await entryAt(driver, beginning)
    // With nothing before it, what it says has to speak for it.
    if (first === undefined || faultOfBody(first) !== undefined) return
    checksum = previousOf(first)
  }
  for (;;) {
    const entries = await pageAt(driver, seq)
    if (entries.length === 0) return
    for (const { entry, fault } of entries) {
      const { position, format } = entry
      const fits = checksum === undefined || checksumOf(checksum, entry) === entry.checksum
      const follows = position.seq === seq + 1 && position.term >= term
      if (fault !== undefined || !fits || !follows || format > ENTRY_FORMAT) return
      yield entry
      seq = position.seq
      term = position.term
      checksum = entry.checksum
    }
  }
}

/** A scan of the log, for {@link readableAfter}; it says afterwards whether it met damage. */
export const scanOfLog = (driver: Driver): Scan<{ seq: number }> => new Scan(driver, 'daybook_log', ['seq'])

/** The entries after a seq that can be read, whatever is missing between them. */
export async function* readableAfter(
  driver: Driver,
  scan: Scan<{ seq: number }>,
  after: number,
): AsyncGenerator<Entry, void> {
  for await (const { seq } of scan.rows(after)) {
    const entry = await entryAt(driver, seq)
    if (entry !== undefined) yield entry
  }
}

async function entryAt(driver: Driver, seq: number): Promise<Entry | undefined> {
  const found = await tryRead(driver, () => rawPage(seq - 1, 1))
  if (found === DAMAGED) return undefined
  const [raw] = found
  return raw?.entry.position.seq === seq && raw.fault === undefined ? raw.entry : undefined
}

async function pageAt(driver: Driver, after: number): Promise<readonly RawEntry[]> {
  const whole = await tryRead(driver, () => rawPage(after, PAGE))
  if (whole !== DAMAGED) return whole
  const entries: RawEntry[] = []
  for (let seq = after + 1; entries.length < PAGE; seq++) {
    const entry = await entryAt(driver, seq)
    if (entry === undefined) break
    entries.push({ entry, fault: undefined })
  }
  return entries
}
