/** `daybook compact`: a checkpoint, and the log below it dropped. */

import { formatPosition } from '../../log/entry.js'
import type { Cli } from '../cli.js'
import { factsOf } from '../facts.js'
import { maintain } from '../maintain.js'
import { bytes, count } from '../output/words.js'
import { jsonOption, verb } from '../verb.js'

const WHY = `
It writes a checkpoint, which says what the entries before it would still be needed for: where each origin's transactions
are, so that one that is sent again is recognised; the claims and schema versions; the checksum that the chain goes on
from. So they may go: their rows are posted. What goes with them is history: positions before the checkpoint can no longer
be read, and rows cannot be made anew from the log (daybook rebuild). Replicas that have not read so far load rows anew.`

export default (cli: Cli) =>
  verb(
    'compact',
    'Drops the log below a new checkpoint. Without --write it only says what would go, and why it may.',
    [
      ['daybook compact app.db', 'what would go'],
      ['daybook compact app.db --write', 'drop it'],
      ['daybook compact app.db --write --forget', 'and leave no byte of what was deleted in the file'],
    ],
  )
    .argument('<file>', 'the database')
    .option('--write', 'change the file')
    .option('--forget', 'make the file anew, so that nothing is left of what is gone')
    .addOption(jsonOption())
    .addHelpText('after', WHY)
    .action(async (path, options) => {
      const out = cli.output(options)
      const before = await cli.withFile(path, factsOf)
      const write = options.write === true
      const forget = options.forget === true
      if (write) await maintain(path, ({ journal }) => journal.compact({ forget }))
      const after = write ? await cli.withFile(path, factsOf) : undefined
      const drops = {
        from: formatPosition(before.floor),
        through: formatPosition(before.head),
        entries: before.entries,
      }
      if (out.format === 'json') {
        const floor = after && formatPosition(after.floor)
        await out.object({
          file: path,
          written: write,
          drops,
          unposted: before.head.seq - before.cursor,
          floor,
        })
        return
      }
      const what = `${count(drops.entries, 'entry', 'entries')}, ${drops.from} to ${drops.through}`
      await out.line(write ? `dropped ${what}` : `would drop ${what}`)
      if (before.cursor < before.head.seq) {
        const behind = count(before.head.seq - before.cursor, 'entry', 'entries')
        await out.line(`${behind} ${write ? 'were' : 'would be'} posted before`)
      }
      if (after === undefined) {
        await out.line(
          'they may go: a checkpoint says what they would still be needed for, and their rows are posted',
        )
        out.remark('Nothing was changed: add --write to do it.')
      } else {
        await out.line(`the log begins at ${formatPosition(after.floor)}, a checkpoint`)
        await out.line(
          `${bytes(after.fileBytes)}, ${bytes(after.freeBytes)} of it free; before ${bytes(before.fileBytes)}`,
        )
      }
    })
