import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
// @ts-expect-error a script without types
import { errorsPage } from '../../scripts/errors-page.mjs'
import * as daybook from '../../src/index.js'

const classes = Object.entries(daybook).filter(
  ([name, value]) => typeof value === 'function' && name.endsWith('Error') && name !== 'DaybookError',
)

test('docs/errors.md is what scripts/errors-page.mjs makes of src/errors', () => {
  expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorsPage())
})

test('every error class is on the page, under a code of its own', () => {
  const page = errorsPage() as string
  const codes = [...page.matchAll(/\| `(DAYBOOK_\w+)` \|/g)].map(([, code]) => code)
  expect(classes.length).toBeGreaterThan(20)
  for (const [name] of classes) expect(page).toContain(`| \`${name}\` |`)
  expect(codes).toHaveLength(classes.length)
  expect(new Set(codes).size).toBe(codes.length)
})

test('every error class is thrown somewhere', () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('errors'))
    .map((file) => readFileSync(join(source, file), 'utf8'))
    .join('\n')
  for (const [name] of classes) expect(code, name).toMatch(new RegExp(`new ${name}\\(`))
})
