/**
 * Contends for the sync of collections: `contend ENTRY FILE NAME COLLECTION …`, with the package's entry ENTRY (`node` or
 * `node-sqlite`). Says when it becomes owner and when it is no longer. Told `append`, it appends a row under a claim, as
 * an upstream would whose code runs on; told `want`, it takes the role over; told `close`, it closes the daybook.
 */

import { createInterface } from 'node:readline'
import { encodeOps } from 'daybook'
import type { openDaybook } from 'daybook/node'
import { contendFor } from './contend-for.js'
import { say } from './say.js'

type Command = { append: number; collection: string } | { want: string } | { close: true }

const [entry, filename, name, ...collections] = process.argv.slice(2) as [string, string, string, ...string[]]

const binding = (await import(`daybook/${entry}`)) as { openDaybook: typeof openDaybook }
const daybook = binding.openDaybook({ filename, retain: 'all' })
await daybook.ready

const owners = new Map<string, ReturnType<typeof contendFor>>()
for (const collection of collections) {
  const owner = contendFor(daybook, collection, {
    onOwner: ({ seq }) => say({ owner: name, collection, claim: seq }),
    onLost: (reason) => say({ lost: name, collection, reason }),
    onError: (error) => say({ error: String(error), collection }),
  })
  owners.set(collection, owner)
}
say({ ready: name })

let rows = 0
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command
  if ('close' in command) {
    await daybook.close()
    say({ closed: name })
    // Nothing of the daybook keeps the process; its stdin would.
    process.stdin.destroy()
    break
  }
  if ('want' in command) {
    await owners.get(command.want)?.want()
    continue
  }
  const { append: claim, collection } = command
  const row = { id: `${name}/${++rows}` }
  try {
    const { seq } = await daybook.journal.append({
      origin: `upstream-of-${daybook.origin}`,
      originSeq: rows,
      parts: encodeOps([{ op: 'put', collection, key: row.id, value: row }]),
      requires: [['claim', collection, claim]],
    })
    say({ appended: row.id, seq })
  } catch (error) {
    say({ refused: row.id, code: (error as { code?: string }).code })
  }
}
