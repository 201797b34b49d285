/** Runs every `@example` of the browser's sources on a page. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { newName, tab } from './support/app.js'

const FILES = ['browser.ts', 'runtime/browser/page.ts']

const examples = FILES.flatMap((file) => {
  const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^ *\* @example\n([\s\S]*?) *\*\//gm)].map(
    ([, body]) => [file, (body as string).replaceAll(/^ *\* ?/gm, '')] as const,
  )
})

test.each(examples)('the example of %s holds', async (_file, code) => {
  const page = await tab(newName())
  await page.evaluate(
    async (code) => {
      const { daybook, open } = window.app
      const openDaybook = (options: { name: string }) => open(options).daybook
      const example = new Function('daybook', 'openDaybook', `return (async () => {${code}})()`)
      await example(daybook, openDaybook)
    },
    code.replaceAll('const daybook =', 'daybook ='),
  )
  expect(code).not.toBe('')
})
