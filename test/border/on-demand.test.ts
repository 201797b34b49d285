import { test } from 'vitest'
import { explored } from './explored.js'

test('on demand: programs on a daybook do what they do in memory', async () => {
  await explored('on demand', 7, 500)
})
