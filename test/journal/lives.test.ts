/**
 * One file through many lives: each life opens what the one before has left, works, and meets a fault at a random
 * statement or none. Whatever was acknowledged in any life is kept in all that follow; whatever was not is asked for
 * again, or never.
 */

import { expect, test } from 'vitest'
import { anyOps } from '../support/arbitraries.js'
import { asynchronous, connect, FAULTS, faulty } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { copyAsKilled, newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { apply, changesRows, difference, type Model, readModel } from '../support/model.js'
import { openConnection, readAll } from '../support/open.js'

const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      group: fc.array(anyOps, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry' as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('query', 'wait', 'claim', 'compact', 'rebuild') }),
  },
)

const anyLife = fc.record({
  late: fc.boolean(),
  fault: fc.option(fc.record({ kind: fc.constantFrom(...FAULTS), at: fc.integer({ min: 1, max: 60 }) }), {
    nil: undefined,
    freq: 5,
  }),
  steps: fc.array(anyStep, { maxLength: 6 }),
})

const ignore = (): undefined => undefined

test('what was acknowledged in one life is kept in all that follow', async () => {
  await check(
    fc.asyncProperty(fc.array(anyLife, { minLength: 1, maxLength: 5 }), async (lives) => {
      let file = newFile()
      const history = new History()
      for (const { late, fault, steps } of lives) {
        const real = connect(file)
        const life = faulty(late ? asynchronous(real) : real, fault?.kind, fault?.at ?? 0)
        const session = await openConnection(life.connection).catch(ignore)
        if (session !== undefined) {
          const { journal, maintenance, clock } = session
          for (const step of steps) {
            if (step.do === 'append') {
              const asked = step.group.map((ops) => history.make(ops))
              await Promise.allSettled(asked.map((each) => history.send(session, each)))
            } else if (step.do === 'retry') {
              const asked = history.asked[step.which % Math.max(1, history.asked.length)]
              if (asked !== undefined) await settledOrOurs(history.send(session, asked))
            } else if (step.do === 'query') await journal.query('todos').catch(ignore)
            else if (step.do === 'wait') await clock.advance(200)
            else if (step.do === 'claim') await journal.claimTerm().catch(ignore)
            else if (step.do === 'compact') await journal.compact().catch(ignore)
            else await maintenance.rebuild().catch(ignore)
          }
        }
        if (!life.died()) await session?.journal.close().catch(ignore)
        const left = copyAsKilled(file)
        await real.close()
        removeFile(file)
        file = left
      }

      const session = await openConnection(connect(file))
      for (const asked of history.asked) await history.send(session, asked)
      const kept = await readAll(session)
      expect(kept.map(({ position }) => position.seq)).toEqual(
        kept.map((_, index) => kept[0]!.position.seq + index),
      )
      for (const { kind, originSeq, position } of kept) {
        if (changesRows(kind)) expect(history.asked[originSeq - 1]?.acknowledged).toEqual(position)
      }
      expect((await session.maintenance.verify()).findings).toEqual([])
      const model: Model = new Map()
      const inOrder = [...history.asked].sort((a, b) => a.acknowledged!.seq - b.acknowledged!.seq)
      for (const { ops, acknowledged } of inOrder) apply(model, ops, acknowledged!.seq)
      expect(difference(await readModel(session), model)).toBeUndefined()
      expect(session.errors).toEqual([])
      await session.journal.close()
      removeFile(file)
    }),
    120,
  )
})

/** A fault may reject it; an answer that is another one than before may not pass. */
async function settledOrOurs(answer: Promise<unknown>): Promise<void> {
  await answer.catch((error: unknown) => {
    if ((error as { code?: string }).code?.startsWith('DAYBOOK') !== true) throw error
  })
}
