/** The adapters pin other versions of @tanstack/db; the `overrides` of package.json, which apps need too, make it one. */

import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

const here = createRequire(import.meta.url)

test.each(['query-db-collection', 'electric-db-collection', 'react-db', 'offline-transactions'])(
  '@tanstack/%s finds the copy of @tanstack/db that daybook finds',
  (name) => {
    const there = createRequire(here.resolve(`@tanstack/${name}`))
    expect(realpathSync(there.resolve('@tanstack/db'))).toBe(realpathSync(here.resolve('@tanstack/db')))
  },
)
