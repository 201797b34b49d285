/** A browser in which anything happens to tabs while they write; and what must be so in the end. */

import { expect } from 'vitest'
import { type DecodedEntry, NoLeaderError } from '../../src/index.js'
import { FakeClock, turn } from '../support/clock.js'
import { newFile, removeFile } from '../support/files.js'
import { Network } from '../support/network.js'
import { VirtualLocks } from './virtual-locks.js'
import { type Browser, VirtualPage } from './virtual-page.js'

export type Happening =
  | { readonly do: 'open' }
  | { readonly do: 'write'; readonly who: number; readonly rows: number }
  | { readonly do: 'leave' | 'crash' | 'killWorker' | 'cache' | 'restore' | 'thaw'; readonly who: number }
  | { readonly do: 'freeze'; readonly who: number; readonly whole: boolean }
  | { readonly do: 'show'; readonly who: number; readonly visible: boolean }
  | { readonly do: 'time'; readonly ms: number }

interface Call {
  readonly page: VirtualPage
  readonly row: string
  outcome: 'pending' | 'kept' | { readonly refused: unknown }
}

interface Tab {
  readonly page: VirtualPage
  isCached: boolean
}

export class World {
  readonly #clock = new FakeClock()
  readonly #browser: Browser
  readonly #tabs: Tab[] = []
  readonly #calls: Call[] = []
  #isFaulty = true
  /** A leader stood still, or messages got lost: whoever opened meanwhile may have given up. */
  #mayGiveUp: boolean
  #opened = 0

  constructor(fates: readonly (readonly number[])[]) {
    this.#mayGiveUp = fates.some((fate) => fate.length === 0)
    let next = 0
    const network = new Network({
      fate: () => (this.#isFaulty ? (fates[next++ % fates.length] as readonly number[]) : [0]),
      after: (ms, deliver) => void (ms === 0 ? queueMicrotask(deliver) : this.#clock.after(ms, deliver)),
    })
    this.#browser = { clock: this.#clock, locks: new VirtualLocks(), network, file: newFile() }
  }

  async happen(step: Happening): Promise<void> {
    if (step.do === 'open') return void this.#open()
    if (step.do === 'time') return this.#pass(step.ms)
    const tab = this.#tabs[step.who % Math.max(1, this.#tabs.length)]
    if (tab === undefined || tab.page.hasEnded) return
    this.#act(step, tab)
    await turn()
  }

  /** Every tab goes on, nothing disturbs any more: everything settles, and is as it was promised. */
  async settle(): Promise<void> {
    this.#isFaulty = false
    for (const tab of this.#tabs) {
      if (tab.isCached) this.#act({ do: 'restore', who: 0 }, tab)
      else tab.page.thaw()
    }
    if (this.#tabs.every(({ page }) => page.hasEnded)) this.#open()
    await this.#pass(30_000)
    const living = await this.#living()
    const [witness = this.#open()] = living
    const log = await this.#log(witness)
    expect(log.map(({ position }) => position.seq)).toEqual(log.map((_, at) => at + 1))
    const written = log.flatMap(({ ops }) =>
      ops.flatMap((op) => (op.op === 'put' && op.collection === 'rows' ? [String(op.key)] : [])),
    )
    // Nothing twice, and nothing that was acknowledged is missing.
    expect(written.length).toBe(new Set(written).size)
    const kept = this.#calls.filter(({ outcome }) => outcome === 'kept').map(({ row }) => row)
    expect(kept.filter((row) => !written.includes(row))).toEqual([])
    for (const { page, row, outcome } of this.#calls) {
      // Whoever is still there was told what became of what it wrote.
      if (living.includes(page)) expect({ row, outcome }).toEqual({ row, outcome: 'kept' })
    }
    for (const page of living) {
      expect(page.rows.status).toBe('ready')
      expect([...page.rows.keys()].sort()).toEqual([...written].sort())
      expect(page.errors).toEqual([])
    }
    const verified = witness.daybook.verify()
    await this.#pass(2000)
    expect((await verified).findings).toEqual([])
  }

  async close(): Promise<void> {
    for (const { page } of this.#tabs) if (!page.hasEnded) page.crash()
    await turn()
    removeFile(this.#browser.file)
  }

  /** Tabs that are there and work: not those that could not open the database, which is told to them. */
  async #living(): Promise<VirtualPage[]> {
    const living: VirtualPage[] = []
    for (const { page } of this.#tabs) {
      if (page.hasEnded) continue
      const refusal = await page.daybook.ready.then(
        () => undefined,
        (error: unknown) => error,
      )
      if (refusal === undefined) living.push(page)
      else if (!(this.#mayGiveUp && refusal instanceof NoLeaderError)) throw refusal
    }
    return living
  }

  #open(): VirtualPage {
    const page = new VirtualPage(this.#browser, `tab-${++this.#opened}`)
    this.#tabs.push({ page, isCached: false })
    return page
  }

  #act(step: Exclude<Happening, { do: 'open' | 'time' }>, tab: Tab): void {
    const { page } = tab
    if (step.do === 'restore') {
      if (tab.isCached) page.restore()
      tab.isCached = false
    } else if (tab.isCached) {
      // The browser may throw it out of the cache; nothing else happens to it there.
      if (step.do === 'crash') page.crash()
    } else if (step.do === 'thaw') page.thaw()
    else if (step.do === 'crash') page.crash()
    else if (step.do === 'killWorker') page.killWorker()
    else if (!page.isRunning) return
    else if (step.do === 'write') this.#write(page, step.rows)
    else if (step.do === 'freeze') {
      page.freeze(step.whole)
      this.#mayGiveUp ||= step.whole
    } else if (step.do === 'show') page.show(step.visible)
    else if (step.do === 'leave') page.leave()
    else {
      page.cache()
      tab.isCached = true
    }
  }

  #write(page: VirtualPage, rows: number): void {
    for (let n = 0; n < rows; n++) {
      const call: Call = { page, row: `row-${this.#calls.length}`, outcome: 'pending' }
      // A collection whose rows could not be loaded takes none.
      if (page.rows.status === 'error') return
      this.#calls.push(call)
      page.rows.insert({ id: call.row }).isPersisted.promise.then(
        () => {
          call.outcome = 'kept'
        },
        (refused: unknown) => {
          call.outcome = { refused }
        },
      )
    }
  }

  async #log(page: VirtualPage): Promise<DecodedEntry[]> {
    const entries: DecodedEntry[] = []
    let isRead = false
    const reading = (async () => {
      for await (const entry of page.daybook.entries()) entries.push(entry)
      isRead = true
    })()
    for (let n = 0; n < 100 && !isRead; n++) await this.#pass(50)
    await reading
    return entries
  }

  async #pass(ms: number): Promise<void> {
    const slice = 50
    for (let passed = 0; passed < ms; passed += slice) {
      await this.#clock.advance(Math.min(slice, ms - passed))
      for (let n = 0; n < 12; n++) await turn()
    }
  }
}
