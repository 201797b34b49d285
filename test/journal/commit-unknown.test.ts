/** COMMIT has failed, and nobody can say whether it took effect: the log can. */

import { describe, expect, test } from 'vitest'
import { CommitUnknownError } from '../../src/errors.js'
import { put } from '../support/arbitraries.js'
import { connect, faulty } from '../support/connections.js'
import { newFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { openConnection, openFile } from '../support/open.js'

describe('a commit whose answer was lost', () => {
  test('is answered with the position that it has', async () => {
    const file = newFile()
    const history = new History()
    await (await openFile(file)).journal.close()
    const plain = faulty(connect(file), undefined, 0)
    const first = await openConnection(plain.connection)
    await history.send(first, history.make([put('todos', 0, { turn: 0 })]))
    const commit = plain.statements.length
    await first.journal.close()

    const fault = faulty(connect(file), 'commit unknown', commit)
    const session = await openConnection(fault.connection)
    const position = await history.send(session, history.make([put('todos', 1, { turn: 1 })]))
    expect(fault.hit()).toBe('COMMIT')
    expect(position).toEqual({ term: 1, seq: 3 })
    await checkDatabase(session, history)
    await session.journal.close()
  })

  test('of a claim is told, as only the claimer knows what to do', async () => {
    const file = newFile()
    await (await openFile(file)).journal.close()
    const counted = faulty(connect(file), undefined, 0)
    const first = await openConnection(counted.connection)
    const before = counted.statements.length
    await first.journal.claimTerm()
    const statements = counted.statements.length - before
    await first.journal.close()
    const fault = faulty(connect(file), 'commit unknown', before + statements)
    const session = await openConnection(fault.connection)
    await expect(session.journal.claimTerm()).rejects.toThrow(CommitUnknownError)
    expect(await session.journal.head()).toEqual({ term: 3, seq: 3 })
    await session.journal.close()
  })
})
