import { expect, it } from 'vitest'
import type { Daybook } from '../../src/node.js'
import { spawnChild } from '../children/spawn.js'
import { newFile, pause, printedSeed, randomFrom, rowsOf, withDaybook } from './files.js'

const ROUNDS = 30
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
  accounts: Map<string | number, { id: number; balance: number }>
  ledger: Map<string | number, LedgerLine>
  runs: Map<string | number, { id: string; transfers: number }>
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
    accounts: await rowsOf(daybook, 'accounts'),
    ledger: await rowsOf(daybook, 'ledger'),
    runs: await rowsOf(daybook, 'runs'),
  }
}

/** No money appeared or went, and every account is what the ledger says: no transfer is there by half. */
function expectBalanced({ accounts, ledger, runs }: Books): void {
  const balances = Array.from({ length: ACCOUNTS }, () => OPENING_BALANCE)
  const transfers = new Map([...runs.keys()].map((run) => [run, 0]))
  for (const { id, from, to, amount } of ledger.values()) {
    balances[from] = (balances[from] as number) - amount
    balances[to] = (balances[to] as number) + amount
    const [run] = id.split('/') as [string]
    transfers.set(run, (transfers.get(run) ?? 0) + 1)
  }
  expect([...accounts.values()].sort((a, b) => a.id - b.id).map(({ balance }) => balance)).toEqual(balances)
  expect(new Map([...runs.values()].map((run) => [run.id, run.transfers]))).toEqual(transfers)
}

it(`a process that is killed at ${ROUNDS} random moments: acknowledged is kept, once, and nothing is there by half`, async () => {
  const random = randomFrom(printedSeed('kill'))
  const file = newFile()
  await withDaybook(file, openAccounts)
  const kept: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const run = `run${round}`
    const child = spawnChild<Line>('transfer', file, run, String(random(2 ** 31)))
    // Some die while they open, most at work.
    if (round % 7 !== 0) await child.line((line) => 'started' in line)
    await pause(random(round % 7 === 0 ? 250 : 120))
    child.kill()
    const { signal, stderr } = await child.ended
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
    for (const line of child.lines) if ('kept' in line) kept.push(line.kept)

    await withDaybook(file, async (daybook) => {
      const books = await booksOf(daybook)
      const lost = kept.filter((id) => !books.ledger.has(id))
      expect(lost, `round ${round}: acknowledged and gone`).toEqual([])
      expectBalanced(books)
    })
  }

  await withDaybook(file, async (daybook) => {
    const { clean, findings } = await daybook.verify()
    expect({ clean, findings }).toEqual({ clean: true, findings: [] })
    // Once: every line of the ledger was put by exactly one entry.
    const puts = new Map<string, number>()
    for await (const { ops } of daybook.entries({ collection: 'ledger' })) {
      for (const op of ops) if ('key' in op) puts.set(String(op.key), (puts.get(String(op.key)) ?? 0) + 1)
    }
    expect([...puts.values()].every((count) => count === 1)).toBe(true)
    expect(kept.every((id) => puts.has(id))).toBe(true)
    // At most one transfer of each run was kept and not acknowledged any more.
    expect(puts.size - kept.length).toBeGreaterThanOrEqual(0)
    expect(puts.size - kept.length).toBeLessThanOrEqual(ROUNDS)
    expect(kept.length, 'the kills came too early to show anything').toBeGreaterThan(ROUNDS)
    console.info(`kill: ${kept.length} acknowledged, ${puts.size} kept, ${ROUNDS} kills`)
  })
})

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
