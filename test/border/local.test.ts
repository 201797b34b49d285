import { test } from 'vitest'
import { explored } from './explored.js'

test('local: programs on a daybook do what they do in memory', async () => {
  await explored('local', 7, 500)
})
