import { expect, test } from 'vitest'
import { ClosedError } from '../../src/errors.js'
import { OpeningJournal } from '../../src/runtime/journal/opening.js'
import { newFile } from '../support/files.js'
import { openFile } from '../support/open.js'

test('closed in the turn in which it opened: calls are told, and no rejection is left to nobody', async () => {
  const { journal } = await openFile(newFile())
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const opening = new OpeningJournal(Promise.resolve(journal))
    const closed = journal.close()
    const unsubscribe = opening.subscribe(() => undefined)
    await closed
    await expect(opening.head()).rejects.toThrow(ClosedError)
    await new Promise((resolve) => setTimeout(resolve, 10))
    unsubscribe()
  } finally {
    process.off('unhandledRejection', note)
  }
  expect(unhandled).toEqual([])
})
