/** The power fails at any write or sync of SQLite's; both levels of durability keep what they promise, and no more. */

import { expect, test } from 'vitest'
import { VirtualDisk } from '../../src/testing/simulation/virtual-disk.js'
import { powerCuts } from '../../src/testing.js'
import { testSeed } from '../support/fc.js'

const CUTS = 150

test("'power': nothing that was acknowledged is lost", async () => {
  const report = await powerCuts({ seed: testSeed(), cuts: CUTS, durability: 'power' })
  console.info(JSON.stringify(report))
  expect(report).toMatchObject({ cuts: CUTS, lost: 0 })
  expect(report.acknowledged).toBeGreaterThan(CUTS)
  expect(report.writesLost).toBeGreaterThan(0)
})

test("'process': the end of the log may be lost, and what is left is whole", async () => {
  const report = await powerCuts({ seed: testSeed(), cuts: CUTS, durability: 'process' })
  console.info(JSON.stringify(report))
  // Otherwise the disk would lose nothing, and the other test would show nothing.
  expect(report.lost).toBeGreaterThan(0)
  expect(report.acknowledged).toBeGreaterThan(report.lost)
})

test('the disk keeps what was synced, and of the rest what the cut leaves', () => {
  const written = (text: string, offset: number) => ({ offset, data: new TextEncoder().encode(text) })
  const make = (): VirtualDisk => {
    const disk = new VirtualDisk()
    disk.create('f')
    disk.change('f', written('aaaa', 0))
    disk.sync('f')
    disk.change('f', written('bb', 1))
    disk.change('f', { size: 3 })
    disk.change('f', written('c', 4))
    return disk
  }
  const after = (loss: 'all' | 'none' | 'later', dice = 0): string => {
    const disk = make()
    disk.cut(loss, () => dice)
    const data = new Uint8Array(disk.size('f'))
    disk.read('f', data, 0)
    return new TextDecoder().decode(data)
  }
  expect(after('none')).toBe('abb\0c')
  expect(after('all')).toBe('aaaa')
  expect(after('later', 0.3)).toBe('abba')
  expect(after('later', 0.6)).toBe('abb')
  const off = make()
  off.failAfter(2)
  expect([off.sync('f'), off.isOff, off.change('f', written('d', 0)), off.isOff, off.sync('f')]).toEqual([
    true,
    false,
    false,
    true,
    false,
  ])
})
