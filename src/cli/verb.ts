/** What a verb is: a command of commander's, made when it is asked for, so that no verb pays for another one's imports. */

import { Command, Option } from '@commander-js/extra-typings'
import type { Cli } from './cli.js'

/** Makes the command of a verb. */
export type Verb = (cli: Cli) => { readonly name: () => string }

/** An example of a verb: what to type, and what for. Every one is run by a test. */
export type Example = readonly [command: string, what: string]

/**
 * The beginning of every verb's command.
 *
 * @example
 * verb('info', 'what this file is', [['daybook info app.db', 'at a glance']]).argument('<file>')
 */
export function verb(name: string, description: string, examples: readonly Example[]) {
  const width = Math.max(...examples.map(([command]) => command.length))
  const lines = examples.map(([command, what]) => `  $ ${command.padEnd(width)}   ${what}`)
  return new Command(name)
    .description(description)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
    .option('-q, --quiet', 'no remarks and no progress on stderr')
}

/** `--json`: the whole answer as one object. */
export const jsonOption = () => new Option('--json', 'one JSON object (docs/cli-json.md)').conflicts('jsonl')

/** `--jsonl`: a JSON object for each line of the answer. */
export const jsonLinesOption = () => new Option('--jsonl', 'one JSON object a line').conflicts('json')

/** `--write`: without it a verb that changes a file only says what it would do. */
export const writeOption = () =>
  new Option('--write', 'do it; without this the plan is shown and nothing is changed')
