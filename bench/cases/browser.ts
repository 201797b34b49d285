/**
 * In Chromium, over the origin private file system, with `durability: 'power'`: single-row inserts of a leader, of a
 * follower, of the peer and of the bare driver; the first load of 10,000 rows; and how long a follower's insert takes when
 * the leader's worker is killed.
 */

import { BenchBrowser } from '../browser/chromium.js'
import '../browser/measured-side.js'
import type { Case, Pair } from '../case.js'

/** A follower that is to write again within this time, in ms. */
const FAILOVER = 300

export const browser: Case = {
  figures: [
    'browser-append',
    'browser-append-asked',
    'browser-insert',
    'browser-insert-bare',
    'browser-insert-bare-asked',
    'browser-follower',
    'browser-hydrate-10k',
    'browser-failover',
  ],
  async prepare(bench) {
    const chromium = await BenchBrowser.start(bench.path)
    const count = bench.size(1000, 20)
    const rows = bench.size(10_000, 100)
    const round = async (): Promise<Pair[]> => {
      const names = { daybook: chromium.newName(), peer: chromium.newName(), bare: chromium.newName() }

      const leader = await chromium.tab('daybook', names.daybook)
      await leader.evaluate(() => window.side.open())
      // Code that has just been loaded is slow on every side.
      const warmUp = (page: typeof leader): Promise<number> =>
        page.evaluate((count) => window.side.ask(count, 5_000_000), count)
      const insert = (page: typeof leader, first: number): Promise<number> =>
        page.evaluate(([count, first]) => window.side.insert(count, first), [count, first] as const)
      // Alone, as the peer is.
      await warmUp(leader)
      const ours = await insert(leader, 1_000_000)
      const appended = await leader.evaluate((count) => window.side.append(count, 6_000_000), count)
      const follower = await chromium.tab('daybook', names.daybook)
      await follower.evaluate(() => window.side.open())
      const followers = await insert(follower, 2_000_000)
      const leaders = await insert(leader, 4_000_000)

      await follower.evaluate(() => {
        window.inserting = window.side.longestInsert(3_000_000)
      })
      await new Promise((resolve) => setTimeout(resolve, 300))
      await leader.evaluate(() => window.side.restartWorker())
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const failover = await follower.evaluate(() => window.inserting.stop())
      await Promise.all([leader.close(), follower.close()])

      const peer = await chromium.tab('peer', names.peer)
      await peer.evaluate(() => window.side.open())
      await warmUp(peer)
      const theirs = await insert(peer, 1_000_000)
      await peer.close()

      const bare = await chromium.tab('bare', names.bare)
      await bare.evaluate(() => window.side.open())
      await warmUp(bare)
      const floor = await insert(bare, 1_000_000)
      const asked = await bare.evaluate((count) => window.side.ask(count, 2_000_000), count)
      await bare.close()

      const hydrate = async (side: 'daybook' | 'peer'): Promise<number> => {
        const name = chromium.newName()
        const writer = await chromium.tab(side, name)
        await writer.evaluate(() => window.side.open())
        await writer.evaluate((rows) => window.side.fill(rows), rows)
        await writer.close()
        const reader = await chromium.tab(side, name)
        const ms = await reader.evaluate(() => window.side.open())
        const size = await reader.evaluate(() => window.side.size)
        if (size !== rows) throw new Error(`${side}: ${size} of ${rows} rows are there.`)
        await reader.close()
        return ms
      }
      const hydrated = { ours: await hydrate('daybook'), theirs: await hydrate('peer') }
      return [
        { figure: 'browser-append', ours: 1000 / appended, theirs: 1000 / floor },
        { figure: 'browser-append-asked', ours: 1000 / appended, theirs: 1000 / asked },
        { figure: 'browser-insert', ours: 1000 / ours, theirs: 1000 / theirs },
        { figure: 'browser-insert-bare', ours: 1000 / ours, theirs: 1000 / floor },
        { figure: 'browser-insert-bare-asked', ours: 1000 / ours, theirs: 1000 / asked },
        { figure: 'browser-follower', ours: followers, theirs: leaders },
        { figure: 'browser-hydrate-10k', ...hydrated },
        { figure: 'browser-failover', ours: failover, theirs: FAILOVER },
      ]
    }
    return Object.assign(round, { end: () => chromium.stop() })
  },
}
