import { test } from 'vitest'
import { explored } from './explored.js'

test('everything: programs on a daybook do what they do in memory', async () => {
  await explored('everything', 7, 500)
})
