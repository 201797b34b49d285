import { expect, test } from 'vitest'
import { BORDER_BRANCHES } from '../../src/testing/border/branches.js'
import { EXCUSED, REACHED } from './explored.js'

test('every interesting branch is demanded of the programs of some focus', () => {
  const demanded = new Set([...Object.values(REACHED).flat(), ...EXCUSED])
  expect(BORDER_BRANCHES.filter((branch) => !demanded.has(branch))).toEqual([])
})
