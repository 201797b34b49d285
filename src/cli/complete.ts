/** Answers the shell's question what may come next: `daybook complete -- ver`. */

import tab from '@bomb.sh/tab'
import type { Command } from '@commander-js/extra-typings'
import { Cli } from './cli.js'
import type { Surroundings } from './surroundings.js'
import { VERBS } from './verbs.js'

export async function complete(words: readonly string[], surroundings: Surroundings): Promise<void> {
  const cli = new Cli(surroundings)
  for (const [name, { summary, load }] of Object.entries(VERBS)) {
    const command = tab.command(name, summary)
    // Only the verb that is there already has more to offer than its name.
    if (!words.includes(name)) continue
    const { registeredArguments, options } = (await load()).default(cli) as Command
    for (const argument of registeredArguments) {
      const choices = argument.argChoices ?? []
      command.argument(argument.name(), (offer) => {
        for (const choice of choices) offer(choice, '')
      })
    }
    for (const { long, short, description, argChoices, required } of options) {
      if (long === undefined) continue
      const letter = short?.slice(1)
      if (!required) command.option(long.slice(2), description, letter)
      else {
        const offerAll = (offer: (value: string, description: string) => void): void => {
          for (const choice of argChoices ?? []) offer(choice, '')
        }
        command.option(long.slice(2), description, offerAll, letter)
      }
    }
  }
  tab.parse([...words])
}
