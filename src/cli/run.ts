/** From a command line to an exit code. */

import { Command, CommanderError } from '@commander-js/extra-typings'
import { BusyError, DaybookError, FileExistsError } from '../errors.js'
import { Cli } from './cli.js'
import { BUSY, FAILED, FailedError, FINE, USAGE, UsageError } from './exit-codes.js'
import type { Surroundings } from './surroundings.js'
import { VERBS } from './verbs.js'
import { version } from './version.js'

const CODES = `
Exit codes: 0 fine, 1 failed, 2 usage, 3 findings (damage, a difference), 4 busy.
The file is only read, unless a verb is given --write.`

/** Carries out a command line (without `node` and the script) and answers with the exit code. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const cli = new Cli(surroundings)
  try {
    // Asked by the script of `daybook completion`, never by a person.
    if (args[0] === 'complete' && args[1] === '--') {
      await (await import('./complete.js')).complete(args.slice(2), surroundings)
      return FINE
    }
    const program = await programFor(args, cli)
    await program.parseAsync([...args], { from: 'user' })
    return cli.exitCode
  } catch (error) {
    return failure(error, surroundings)
  }
}

/** The whole command; `of`: only with the verbs that this command line needs. */
async function programFor(args: readonly string[], cli: Cli): Promise<Command> {
  const { stdout, stderr } = cli.surroundings
  const program = new Command('daybook')
    .description(
      'The log of a daybook on the command line: what happened, and whether all of it is as it was written.',
    )
    .version(version(), '-v, --version', 'the version of daybook')
    .helpOption('-h, --help', 'help; daybook <verb> --help for a verb')
    .helpCommand('help [verb]', 'help for a verb')
    .addHelpText('after', CODES)
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .exitOverride()
  const asked = args.filter((word) => Object.hasOwn(VERBS, word))
  for (const [name, { summary, load }] of Object.entries(VERBS)) {
    // The others only stand in the list, and are there to be suggested.
    const command = asked.includes(name) ? ((await load()).default(cli) as Command) : new Command(name)
    program.addCommand(command.summary(summary).copyInheritedSettings(program))
  }
  return program as Command
}

function failure(error: unknown, { stderr, interrupted }: Surroundings): number {
  if (interrupted.aborted) {
    stderr.write('daybook: interrupted; nothing is left of what was begun\n')
    return FAILED
  }
  if (error instanceof CommanderError) {
    // It has said itself what is wrong, or shown the help that was asked for.
    return error.exitCode === 0 ? FINE : USAGE
  }
  const known = [UsageError, FailedError, DaybookError].some((each) => error instanceof each)
  const message =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error)
  stderr.write(`daybook: ${message}\n`)
  if (error instanceof UsageError || error instanceof FileExistsError) return USAGE
  return error instanceof BusyError ? BUSY : FAILED
}
