/** The entry for pages, where there is no browser: a server that renders the page, or an app that has taken the wrong one. */

import { expect, test } from 'vitest'
import { openDaybook } from '../../src/browser.js'

const NOT_A_BROWSER = { code: 'DAYBOOK_NOT_A_BROWSER', message: expect.stringContaining("'daybook/node'") }

test.each([
  ['by default', {}],
  ['with the fallback that another error tells of', { fallback: 'memory' as const }],
])('says which entry is meant, %s', async (_, options) => {
  const daybook = openDaybook({ name: 'rendered', ...options })
  await expect(daybook.ready).rejects.toMatchObject(NOT_A_BROWSER)
  const calls = [
    daybook.head(),
    daybook.stats(),
    daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1 } }]),
  ]
  for (const call of calls) await expect(call).rejects.toMatchObject(NOT_A_BROWSER)
  expect(daybook.status.role).toBe('opening')
  expect(await daybook.persist()).toBe(false)
  await daybook.close()
  await expect(daybook.destroy()).rejects.toMatchObject(NOT_A_BROWSER)
})
