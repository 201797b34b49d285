/** Options of a command: `--name value`, each known and of its type, or the command does not begin. */

type Value = number | string

/** Answers with the given options, the others as they are in `defaults`. Prints what is wrong, and ends. */
export function optionsFrom<Options extends Record<string, Value | undefined>>(
  defaults: Options,
  usage: string,
): Options {
  const options: Record<string, Value | undefined> = { ...defaults }
  const given = process.argv.slice(2)
  const refuse = (message: string): never => {
    console.error(`${message}\n\n${usage}`)
    process.exit(2)
  }
  for (let at = 0; at < given.length; at += 2) {
    const [flag = '', text] = [given[at], given[at + 1]]
    const name = flag.replace(/^--/, '')
    if (!flag.startsWith('--') || !(name in options)) refuse(`There is no option ${flag}.`)
    if (text === undefined) refuse(`${flag} needs a value.`)
    const isNumber = typeof defaults[name] === 'number'
    if (isNumber && !Number.isFinite(Number(text))) refuse(`${flag} needs a number, not ${text}.`)
    options[name] = isNumber ? Number(text) : text
  }
  return options as Options
}

export const randomSeed = (): number => Math.floor(Math.random() * 2 ** 31)
