/** `daybook completion`: what makes a shell complete this command. The script asks `daybook complete` at each Tab. */

import tab from '@bomb.sh/tab'
import { Argument } from '@commander-js/extra-typings'
import type { Cli } from '../cli.js'
import { verb } from '../verb.js'

const SHELLS = ['bash', 'zsh', 'fish'] as const

const HOW = `
For good: daybook completion bash >> ~/.bashrc, daybook completion zsh > a folder of $fpath as _daybook, or
daybook completion fish > ~/.config/fish/completions/daybook.fish.`

export default (_cli: Cli) =>
  verb('completion', 'A script that makes a shell complete verbs, options and files.', [
    ['daybook completion bash', 'source it: source <(daybook completion bash)'],
    ['daybook completion zsh', 'the same for zsh'],
  ])
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', HOW)
    // The library prints by itself; what it prints is the script and nothing else.
    .action((shell) => tab.setup('daybook', 'daybook', shell))
