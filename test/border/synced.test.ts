import { test } from 'vitest'
import { explored } from './explored.js'

test('synced: programs on a daybook do what they do in memory', async () => {
  await explored('synced', 7, 500)
})
