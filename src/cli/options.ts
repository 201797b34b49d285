/** Options that are more than a text. */

import { InvalidArgumentError } from '@commander-js/extra-typings'

/** A whole number from 0. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError('It is not a whole number.')
  return Number(text)
}

/** An option that may be given several times. */
export const several = (text: string, before: readonly string[]): readonly string[] => [...before, text]
