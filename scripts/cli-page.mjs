// Prints docs/cli.md, made of the command's own help: `npm run build && node scripts/cli-page.mjs > docs/cli.md`.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const { VERBS } = await import('../dist/cli/verbs.js')

const help = (...args) =>
  spawnSync(process.execPath, [main, ...args, '--help'], { encoding: 'utf8' }).stdout.trim()

const fenced = (text) => `\`\`\`text\n${text}\n\`\`\`\n`

console.log(`# The command line

\`npx daybook <verb> <file>\` says what happened in a daybook's file. It needs no code of the app, changes nothing unless it is asked to
(\`--write\`), shows everything that can still be read, and may be run while an app has the file open. It reads with the better-sqlite3
that is installed, or with \`node:sqlite\` on Node 22 and newer.

What \`--json\` and \`--jsonl\` print is described in [cli-json.md](cli-json.md). This page is made from \`--help\` (\`node scripts/cli-page.mjs\`).

\`--html report.html\` writes a page instead: one file that needs nothing else, no network either. It has a timeline of the entries by
collection, with terms as bands and sizes below; a slider, and with it the rows of a collection at each position, in which what changed
there stands out; and the ops of the chosen entry. ← and → go to the previous and the next entry (PageUp and PageDown ten of them, Home and
End to the ends), / searches: words, or \`collection:todos\`, \`kind:schema\`, \`origin:…\`, \`key:1\`. Without \`--data\` the page has shapes
in the place of values; keys and names of fields are in it. What did not fit into a page (50,000 entries, 12 MB of ops and rows) is left
out, and the page says so.

![A report: timeline, entries, rows at a position, the chosen entry](report-log.png)

${fenced(help())}`)
for (const name of Object.keys(VERBS)) console.log(`## ${name}\n\n${fenced(help(name))}`)
