/** `daybook salvage`: what can still be read of a damaged file, in a new one. */

import { salvage } from '../../runtime/files/salvage.js'
import type { Cli } from '../cli.js'
import { connectFile } from '../connect-file.js'
import { FINDINGS } from '../exit-codes.js'
import { count } from '../output/words.js'
import { jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb(
    'salvage',
    'From a damaged file: the longest whole part of its log and every row that can still be read, into a new file, with a list of what was lost. The damaged file is never written.',
    [
      ['daybook salvage app.db -o salvaged.db', 'a sound file of what there is'],
      ['daybook salvage app.db -o salvaged.db --json', 'the list of what was lost for a program'],
    ],
  )
    .argument('<file>', 'the damaged database')
    .requiredOption('-o, --output <file>', 'the new file')
    .addOption(jsonOption())
    .addHelpText('after', '\nThe exit code is 3 where something was lost.')
    .action(async (path, options) => {
      const out = cli.output(options)
      const salvaged = await salvage(connectFile, path, options.output)
      if (!salvaged.complete) cli.exitCode = FINDINGS
      if (out.format === 'json') {
        await out.object({ output: options.output, ...salvaged })
        return
      }
      const { kept, lost, appendedAnew, collections, notes } = salvaged
      await out.line(
        kept === undefined ? 'No entry could be kept as it was.' : `Kept entries ${kept.from} to ${kept.to}.`,
      )
      if (lost !== undefined) await out.line(out.colours.red(`Lost entries ${lost.from} to ${lost.to}.`))
      if (appendedAnew > 0) {
        await out.line(
          `Of these, ${count(appendedAnew, 'entry', 'entries')} could be read and ${appendedAnew === 1 ? 'was' : 'were'} appended anew.`,
        )
      }
      for (const each of collections) {
        const remarks = [
          each.restated > 0 && `${count(each.restated, 'row')} stated anew`,
          each.lostRows && out.colours.red('some rows could not be read'),
          each.lostMetadata &&
            out.colours.yellow('its metadata was left behind: the source sends again what it has'),
        ].filter((remark) => typeof remark === 'string')
        await out.line([`${each.collection}: ${count(each.rows, 'row')}`, ...remarks].join('; '))
      }
      for (const note of notes) await out.line(out.colours.yellow(note))
      await out.line(
        salvaged.complete ? 'Nothing was lost.' : `${options.output} is sound: it holds what is left.`,
      )
    })
