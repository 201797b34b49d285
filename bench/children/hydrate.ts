/** Loads a file once and prints how long that took: `hydrate SIDE FILE`. All code is imported before the clock starts. */

import 'better-sqlite3'
import { openPlainFile } from '../plain-file.js'
import { openDaybookStore } from '../stores/daybook.js'
import { loadPeer, openPeerStore } from '../stores/peer.js'
import type { Store } from '../stores/store.js'

const SIDES: Record<string, (filename: string) => Promise<Store>> = {
  daybook: openDaybookStore,
  floor: openPlainFile,
  peer: openPeerStore,
}

const [side, filename] = process.argv.slice(2) as [string, string]
if (side === 'peer') await loadPeer()

const from = performance.now()
const store = await SIDES[side]!(filename)
const ms = performance.now() - from
console.log(JSON.stringify({ ms, size: store.size }))
await store.close()
