import { Option } from '@commander-js/extra-typings'

const PAGE = 'one page to look at in a browser, which needs no network'

/** `--html`: the answer as a page to look at. */
export const htmlOption = () => new Option('--html <file>', PAGE).conflicts(['json', 'jsonl'])

/** The same of a verb that shows values with `--data` only. */
export const shapesHtmlOption = () =>
  new Option('--html <file>', `${PAGE}; without --data it has shapes and keys, no values`).conflicts([
    'json',
    'jsonl',
  ])
