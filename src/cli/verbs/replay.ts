/** `daybook replay`: the database as it was at a position, as a new file; or a walk through the log, entry by entry. */

import { formatPosition } from '../../log/entry.js'
import { driverOn } from '../../runtime/files/binding.js'
import { makeFile } from '../../runtime/files/new-file.js'
import type { Cli } from '../cli.js'
import { connectFile } from '../connect-file.js'
import { UsageError } from '../exit-codes.js'
import { count } from '../output/words.js'
import { extentOf, POSITIONS, resolvePosition } from '../position/position.js'
import { copyThrough, requireWholeLog } from '../replay/copy-through.js'
import { stepThrough } from '../replay/step-through.js'
import { verb } from '../verb.js'

export default (cli: Cli) =>
  verb(
    'replay',
    'The database as it was at a position, as a new file: the same entries through it, and the rows posted from them. ' +
      'Or, with --step, a walk through the log in a terminal.',
    [
      ['daybook replay app.db --to @head~5 -o then.db', 'as it was five entries ago'],
      ['daybook replay app.db --to 3 -o then.db; daybook state then.db', 'and its rows'],
      [
        'timeout 2 script -qec "daybook replay app.db --step" /dev/null',
        'walk through the log in a terminal',
      ],
    ],
  )
    .argument('<file>', 'the database; it is only read')
    .option('--to <position>', 'through this entry', '@head')
    .option('-o, --output <file>', 'the file to make; one that is there is never overwritten')
    .option('--step', 'walk entry by entry: n next, p previous, Home, End, q quit')
    .option('--from <position>', 'with --step: begin at this entry', '@floor')
    .addHelpText('after', POSITIONS)
    .action((path, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const to = await resolvePosition(file, options.to)
        if (options.step) {
          const { stdin, stdout } = process
          if (!out.isTerminal || !stdin.isTTY) {
            throw new UsageError(
              '--step needs a terminal. daybook log and daybook show print the same to a file.',
            )
          }
          const from = Math.min(to.seq, (await resolvePosition(file, options.from)).seq)
          const terminal = { input: stdin, output: out, rows: () => stdout.rows ?? 24 }
          await stepThrough(file, await extentOf(file), from, to.seq, terminal)
          return
        }
        const { output } = options
        if (output === undefined)
          throw new UsageError('Name the file to make, as -o then.db, or walk with --step.')
        await requireWholeLog(file)
        const progress = out.progress('replaying')
        const until = cli.surroundings.interrupted
        try {
          await makeFile(output, async (partial) => {
            const target = driverOn(connectFile, partial)
            try {
              await copyThrough(file, to, target, { progress, until })
            } finally {
              await target.close()
            }
          })
        } finally {
          progress.stop()
        }
        out.remark(
          `${output} is ${path} as it was at ${formatPosition(to)}: ${count(to.seq, 'entry', 'entries')}.`,
        )
      }),
    )
