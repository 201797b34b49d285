import { test } from 'vitest'
import { explored } from './explored.js'

test('contexts: programs on a daybook do what they do in memory', async () => {
  await explored('contexts', 7, 500)
})
