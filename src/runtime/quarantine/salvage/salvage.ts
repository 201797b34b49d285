/**
 * Salvaging a damaged database: the longest whole part of its log from the beginning, and every row that can still be read,
 * in a new database that verifies clean.
 *
 * Rows that are newer than that part are stated behind it, in a new term, so that no position of the damaged log is
 * taken for one of the new one. Metadata that is newer than it, such as the resume token of a source, comes along only
 * where all rows of its collection do: a token must not speak for rows that are lost.
 */

import type { Driver } from '../../../drivers/driver.js'
import type { Program } from '../../../drivers/program.js'
import type { MaybePromise } from '../../../drivers/statement.js'
import { NewerFormatError, NotADatabaseError, UnsalvageableError } from '../../../errors.js'
import { claimTerm, tail, write } from '../../../log/append.js'
import type { Entry } from '../../../log/entry.js'
import { hasLog, isId } from '../../../log/identity.js'
import { checksumOf } from '../../../log/read.js'
import { createLog, createTables, findLog } from '../../../log/schema.js'
import { checkpoint } from '../../../materializer/compact.js'
import { post } from '../../../materializer/post.js'
import { MATERIALIZER_SCHEMA } from '../../../materializer/tables.js'
import { systemClock } from '../../clock.js'
import { makerOf, Origin, randomId } from '../../origin.js'
import { isDamage } from '../damage.js'
import { beginningOf, readableAfter, scanOfLog, wholePrefix } from './readable-log.js'
import { type ReadableTables, readableTables } from './readable-rows.js'
import type { Salvaged } from './report.js'
import { Restoring } from './restoring.js'

/** Entries written or posted in one transaction. */
const BATCH = 500

export interface SalvageParts {
  /** Where the damaged database is, for an error. */
  readonly path: string
  /** Opens a copy of it, which may be written. */
  readonly openDamaged: () => MaybePromise<Driver>
  /** Opens a new database. */
  readonly openTarget: () => MaybePromise<Driver>
}

/**
 * Salvages one database into another, and closes both.
 *
 * @throws UnsalvageableError when SQLite can read nothing at all; whatever else keeps it from reading or writing
 */
export async function salvageInto({ path, openDamaged, openTarget }: SalvageParts): Promise<Salvaged> {
  let damaged: Driver | undefined
  let target: Driver | undefined
  try {
    let id: string | undefined
    try {
      damaged = await openDamaged()
      id = await idOf(damaged)
    } catch (cause) {
      throw isDamage(cause) ? new UnsalvageableError(path, { cause }) : cause
    }
    target = await openTarget()
    return await new Salvage(damaged, target, id).run()
  } finally {
    await target?.close()
    await damaged?.close()
  }
}

/** The id of the database, if it can be read. */
async function idOf(damaged: Driver): Promise<string | undefined> {
  try {
    const facts = await damaged.transaction('read', findLog)
    if (facts === undefined) throw new NotADatabaseError('There is no daybook in it.')
    return isId(facts.id) ? facts.id : undefined
  } catch (error) {
    if (error instanceof NewerFormatError || !(await damaged.transaction('read', hasLog))) throw error
    // What it says of itself is damaged, and the log may be whole.
    return undefined
  }
}

class Salvage {
  readonly #damaged: Driver
  readonly #target: Driver
  /** That of the damaged file, where it could be read. */
  readonly #id: string | undefined
  readonly #origin = new Origin()
  #maxTerm = 0

  constructor(damaged: Driver, target: Driver, id: string | undefined) {
    this.#damaged = damaged
    this.#target = target
    this.#id = id
  }

  async run(): Promise<Salvaged> {
    const tables = await readableTables(this.#damaged)
    const from = await beginningOf(this.#damaged)
    const to = from === undefined ? 0 : await this.#keepPrefix(from)
    const { last, behind } = await this.#lookBehind(tables, to)
    const isWhole = to > 0 && last === to
    // What was trimmed is in the rows alone.
    const base = to === 0 ? 'rows' : from === 1 ? 'log' : 'both'
    const restoring = new Restoring(this.#target, this.#origin, { tables, from: from ?? 1, to, base })
    // A log that begins at its beginning and is whole has everything, whatever became of the tables.
    const fromLog = isWhole && base === 'log'
    if (base === 'rows') await this.#write(() => this.#begin())
    if (!fromLog) await restoring.base.readRows()
    await this.#postAll()
    await this.#write(() => restoring.base.putRight())
    if (!isWhole || restoring.hasLosses) {
      const term = Math.max(this.#maxTerm, 1)
      await this.#write(() => this.#beginTerm(term))
      await restoring.restating.stateAnew()
      for (const entry of behind) await restoring.restating.appendAnew(entry)
      await this.#postAll()
      // A checkpoint that is kept says which rows there were; those that are left are others.
      if (base === 'both') await this.#write(() => this.#checkpoint())
    }
    const collections = await restoring.report(fromLog)
    const { term, seq } = await this.#target.transaction('read', tail)
    const lost = this.#id === undefined ? ['the id of the database', ...tables.lost] : tables.lost
    return {
      complete: isWhole && !restoring.hasLosses && this.#id !== undefined,
      kept: to === 0 ? undefined : { from: from as number, to },
      lost: isWhole ? undefined : { from: to + 1, to: last },
      appendedAnew: behind.length,
      collections,
      notes: lost.map((what) => `Not all of it could be read: ${what}.`),
      head: { term, seq },
    }
  }

  /** Writes the whole part of the log; answers with its last seq, 0 where there is none. */
  async #keepPrefix(from: number): Promise<number> {
    let to = 0
    let batch: Entry[] = []
    const flush = async (): Promise<void> => {
      await this.#write(() => this.#put(batch, to === 0))
      to = batch.at(-1)?.position.seq ?? to
      batch = []
    }
    for await (const entry of wholePrefix(this.#damaged, from)) {
      batch.push(entry)
      this.#maxTerm = Math.max(this.#maxTerm, entry.position.term)
      if (batch.length >= BATCH) await flush()
    }
    if (batch.length > 0) await flush()
    return to
  }

  /** The last seq that the log had, as far as it shows, and what is whole behind the posted part. */
  async #lookBehind(tables: ReadableTables, to: number): Promise<{ last: number; behind: Entry[] }> {
    const { cursor = 0 } = tables
    let last = Math.max(to, cursor)
    const behind: Entry[] = []
    const scan = scanOfLog(this.#damaged)
    let previous: Entry | undefined
    for await (const entry of readableAfter(this.#damaged, scan, to)) {
      const { seq, term } = entry.position
      last = Math.max(last, seq)
      this.#maxTerm = Math.max(this.#maxTerm, term)
      const isNext = cursor > to && seq === cursor + behind.length + 1
      // Without the one before it nobody can say whether it is as it was written.
      const isWhole =
        previous?.position.seq === seq - 1 && checksumOf(previous.checksum, entry) === entry.checksum
      if (isNext && isWhole) behind.push(entry)
      previous = entry
    }
    // Where the end of the log is damaged nobody can say how much of it there was.
    return { last: scan.isDamaged ? Math.max(last, to + 1) : last, behind }
  }

  *#put(entries: readonly Entry[], isFirst: boolean): Program<void> {
    if (isFirst) yield* createTables(this.#id ?? randomId(), MATERIALIZER_SCHEMA)
    for (const entry of entries) yield* write(entry)
  }

  // Nothing of the log is left: this is another one.
  *#begin(): Program<void> {
    const genesis = { id: randomId(), origin: this.#origin.id, createdAt: systemClock.now() }
    yield* createLog(genesis, MATERIALIZER_SCHEMA)
  }

  *#beginTerm(above: number): Program<void> {
    const { term } = yield* tail()
    for (let next = term; next <= above; next++) {
      yield* claimTerm(this.#origin.id, this.#origin.next(), systemClock.now())
    }
  }

  *#checkpoint(): Program<void> {
    yield* checkpoint(makerOf(this.#origin, systemClock.now()))
  }

  async #postAll(): Promise<void> {
    while ((await this.#target.transaction('write', () => post(BATCH))) > 0);
  }

  async #write(program: () => Program<void>): Promise<void> {
    await this.#target.transaction('write', program)
  }
}
