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

${fenced(help())}`)
for (const name of Object.keys(VERBS)) console.log(`## ${name}\n\n${fenced(help(name))}`)
