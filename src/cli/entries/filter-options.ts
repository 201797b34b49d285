/** The options that choose entries: `filter.ts` says what they mean. */

import { Option } from '@commander-js/extra-typings'
import type { EntryKind } from '../../log/entry.js'

const KINDS: readonly EntryKind[] = ['tx', 'term', 'claim', 'schema', 'reset', 'checkpoint']

export const collectionOption = () =>
  new Option('--collection <id>', 'only entries that touch this collection')
export const keyOption = () =>
  new Option('--key <key>', 'only entries that touch rows with this key: 1, "1" or abc')
export const originOption = () =>
  new Option('--origin <id>', 'only entries of this origin (or of those that begin so)')
export const kindOption = () => new Option('--kind <kind>', 'only entries of this kind').choices(KINDS)
export const sinceOption = () => new Option('--since <time>', 'only entries committed at or after this time')
export const untilOption = () => new Option('--until <time>', 'only entries committed before this time')
export const dataOption = () =>
  new Option('--data', 'values too; without it only shapes are shown, for values can be secret')
