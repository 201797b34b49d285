import { Option } from '@commander-js/extra-typings'

/** `--html`: the answer as a page to look at. */
export const htmlOption = () =>
  new Option(
    '--html <file>',
    'one page to look at in a browser, which needs no network; without --data it has shapes and keys, no values',
  ).conflicts(['json', 'jsonl'])
