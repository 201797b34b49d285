import { expect, it } from 'vitest'
import { type Daybook, openDaybook } from '../../src/node.js'
import { spawnChild } from '../children/spawn.js'
import { killRounds } from '../torture/kill-rounds.js'
import { newFile, pause, printedSeed, randomFrom, rowsOf, withDaybook } from './files.js'

/** The kills of every run of the tests; `npm run torture:kill` has more. */
const ROUNDS = 200
const ACCOUNTS = 20
const OPENING_BALANCE = 1000

type Line = { started: string } | { kept: string }

interface LedgerLine {
  id: string
  from: number
  to: number
  amount: number
}

interface Books {
  ledger: Map<string | number, LedgerLine>
}

const openAccounts = (daybook: Daybook): Promise<unknown> =>
  daybook.write(
    Array.from({ length: ACCOUNTS }, (_, id) => ({
      op: 'put',
      collection: 'accounts',
      key: id,
      value: { id, balance: OPENING_BALANCE },
    })),
  )

async function booksOf(daybook: Daybook): Promise<Books> {
  return {
    ledger: await rowsOf(daybook, 'ledger'),
  }
}

it(`${ROUNDS} processes killed at random moments, one after the other: acknowledged is kept, once, nothing is there by half`, async () => {
  const random = randomFrom(printedSeed('kill'))
  const report = await killRounds({ rounds: ROUNDS, random, open: (filename) => openDaybook({ filename }) })
  console.info(`kill: ${JSON.stringify(report)}`)
  expect(report.kills).toBe(ROUNDS)
  expect(report.acknowledged, 'the kills came too early to show anything').toBeGreaterThan(ROUNDS)
  // At most one transfer of each process was kept and not acknowledged any more.
  expect(report.phantoms).toBeGreaterThanOrEqual(0)
  expect(report.phantoms).toBeLessThanOrEqual(ROUNDS)
}, 600_000)

it('two processes that write while one of them is killed again and again: the other is not disturbed', async () => {
  const random = randomFrom(printedSeed('kill one of two'))
  const file = newFile()
  await withDaybook(file, openAccounts)
  const kept: string[] = []
  const steady = spawnChild<Line>('transfer', file, 'steady', '1')
  await steady.line((line) => 'started' in line)
  for (let round = 0; round < 4; round++) {
    const child = spawnChild<Line>('transfer', file, `run${round}`, String(random(2 ** 31)))
    await child.line((line) => 'kept' in line)
    await pause(random(60))
    child.kill()
    expect((await child.ended).stderr).toBe('')
    for (const line of child.lines) if ('kept' in line) kept.push(line.kept)
  }
  steady.kill()
  expect((await steady.ended).stderr).toBe('')
  for (const line of steady.lines) if ('kept' in line) kept.push(line.kept)
  await withDaybook(file, async (daybook) => {
    const { ledger } = await booksOf(daybook)
    expect(kept.filter((id) => !ledger.has(id))).toEqual([])
    expect((await daybook.verify()).findings).toEqual([])
  })
})
