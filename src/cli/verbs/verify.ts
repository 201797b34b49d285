/** `daybook verify`: whether everything is as it was written, and what nobody can tell. */

import { checkFile, type FoundInFile } from '../checks/check-file.js'
import type { Cli } from '../cli.js'
import { FINDINGS } from '../exit-codes.js'
import type { Output } from '../output/output.js'
import { count } from '../output/words.js'
import { jsonOption, verb } from '../verb.js'

const WHAT = `
Checked: that the log is gapless and in order (L1, L2), its entries whole and as they were written (L3, L7), its triggers in
place (L4), each transaction there once and where daybook_origins says (L5), terms begun by term entries (L6), the -wal
without damage (L8); rows, state, controls, registry and indexes against a fold of the log through the cursor (M1, M2; that
posting twice changes nothing, M3, follows); the definitions of tables, and SQLite's own integrity check.
--deep also decodes every value, in the log and in the rows.

Exit codes: 0 nothing found, 3 findings. Memory is bounded; a large file is read several times.`

export default (cli: Cli) =>
  verb('verify', 'Whether all of a file is as it was written, and what of it cannot be told.', [
    ['daybook verify app.db', 'is this file sound?'],
    ['daybook verify app.db --deep', 'can all of its values be read as well?'],
    ['daybook verify app.db --json', 'the same for a program'],
  ])
    .argument('<file>', 'the database')
    .option('--deep', 'also decode every value')
    .addOption(jsonOption())
    .addHelpText('after', WHAT)
    .action(async (path, options) => {
      const out = cli.output(options)
      const { now } = cli.surroundings
      const progress = out.progress('checking')
      const began = now()
      const deep = options.deep === true
      const checked = await checkFile(path, {
        deep,
        onProgress: (done, of) => progress.at(done, of),
      }).finally(() => progress.stop())
      const ms = Math.max(1, now() - began)
      const entriesPerSecond = Math.round((checked.entries * 1000) / ms)
      if (!checked.clean) cli.exitCode = FINDINGS
      if (out.format === 'json') {
        await out.object({ file: path, deep, ...checked, ms, entriesPerSecond })
        return
      }
      for (const finding of checked.findings) await show(out, finding)
      const verdict = checked.clean
        ? out.colours.green('nothing found')
        : out.colours.red(count(checked.findings.length, 'finding'))
      const looked = `${count(checked.entries, 'entry', 'entries')}, ${count(checked.rows, 'row')}`
      await out.line(`${verdict} in ${looked} (${count(entriesPerSecond, 'entry', 'entries')} a second)`)
      await out.line(out.colours.dim('not checked:'))
      for (const each of checked.unchecked) await out.line(out.colours.dim(`  ${each}`))
    })

async function show(out: Output, { invariant, position, seq, message, next }: FoundInFile): Promise<void> {
  const where = position ?? (seq === undefined ? '' : String(seq))
  await out.line(`${out.colours.red(invariant.padEnd(6))} ${out.colours.yellow(where.padEnd(8))} ${message}`)
  await out.line(out.colours.dim(`${' '.repeat(16)}${next}`))
}
