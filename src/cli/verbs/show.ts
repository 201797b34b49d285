/** `daybook show`: one entry in full, and what it did to each row. */

import type { Cli } from '../cli.js'
import { effectJson, effectLines, effectOf, LOOK_BACK, whyUnknown } from '../entries/effect.js'
import { grouped } from '../output/words.js'
import { extentOf, POSITIONS, resolvePosition } from '../position/position.js'
import { jsonOption, verb } from '../verb.js'

export default (cli: Cli) =>
  verb('show', 'One entry in full, decoded, with each row before and after it where that can be known.', [
    ['daybook show app.db @head', 'the newest entry'],
    ['daybook show app.db 3', 'the third entry of the log'],
    ['daybook show app.db @head --deep', 'however long ago its rows were written before'],
    ['daybook show app.db @head~1 --json', 'the one before the newest, for a program'],
  ])
    .argument('<file>', 'the database')
    .argument('<position>', 'a position, or the id of a transaction')
    .option('--deep', `look at the whole log for what was before, not at ${grouped(LOOK_BACK)} entries only`)
    .addOption(jsonOption())
    .addHelpText('after', POSITIONS)
    .action((path, text, options) =>
      cli.withFile(path, async (file) => {
        const out = cli.output(options)
        const { seq } = await resolvePosition(file, text)
        const progress = out.progress('looking back')
        const effect = await effectOf(file, seq, { deep: options.deep === true, progress })
        if (out.format === 'json') {
          await out.object(effectJson(effect))
          return
        }
        for (const line of effectLines(effect, out)) await out.line(line)
        const reason = whyUnknown(effect, (await extentOf(file)).floor.seq)
        if (reason !== undefined) out.remark(reason)
      }),
    )
