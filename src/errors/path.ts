/** Where in a value something is. */

import { quote } from './words.js'

/** `$.tags[3].name`, as SQLite writes JSON paths. */
export const formatPath = (path: readonly (string | number)[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return /^[A-Za-z_$][\w$]*$/.test(step) ? `${text}.${step}` : `${text}[${quote(step)}]`
  }, '$')
