/**
 * Moves money until it is killed: `transfer [FILE RUN SEED]`. Without arguments it waits until it is sent them.
 *
 * Each transfer is one transaction over three collections: two accounts change, a line is written in the ledger, and
 * the run's own counter goes up. Says a transfer's id when it is acknowledged, and nothing before.
 */

import { createInterface } from 'node:readline'
import { createCollection, createTransaction } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

const { filename, run, seed } = await work()

async function work(): Promise<{ filename: string; run: string; seed: number }> {
  const [filename, run, seed] = process.argv.slice(2)
  if (filename !== undefined) return { filename, run: String(run), seed: Number(seed) }
  say({ waiting: true })
  const input = createInterface({ input: process.stdin })
  const { value } = await input[Symbol.asyncIterator]().next()
  input.close()
  return JSON.parse(value as string)
}

const daybook = openDaybook({ filename, retain: 'all' })
const accounts = createCollection(
  persistedCollectionOptions({
    id: 'accounts',
    persistence: daybook,
    getKey: (account: { id: number; balance: number }) => account.id,
  }),
)
const ledger = createCollection(
  persistedCollectionOptions({
    id: 'ledger',
    persistence: daybook,
    getKey: (line: { id: string; from: number; to: number; amount: number; padding: string }) => line.id,
  }),
)
const runs = createCollection(
  persistedCollectionOptions({
    id: 'runs',
    persistence: daybook,
    getKey: (row: { id: string; transfers: number }) => row.id,
  }),
)
await Promise.all([accounts.preload(), ledger.preload(), runs.preload()])
await runs.insert({ id: run, transfers: 0 }).isPersisted.promise
say({ started: run })

let state = seed
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

for (let number = 1; ; number++) {
  const from = random(accounts.size)
  const to = (from + 1 + random(accounts.size - 1)) % accounts.size
  const amount = 1 + random(50)
  const id = `${run}/${number}`
  const transaction = createTransaction({ mutationFn: (params) => daybook.commit(params.transaction) })
  transaction.mutate(() => {
    accounts.update(from, (draft) => {
      draft.balance -= amount
    })
    accounts.update(to, (draft) => {
      draft.balance += amount
    })
    ledger.insert({ id, from, to, amount, padding: 'x'.repeat(random(5000)) })
    runs.update(run, (draft) => {
      draft.transfers = number
    })
  })
  await transaction.isPersisted.promise
  say({ kept: id })
}
