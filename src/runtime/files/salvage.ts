/**
 * Salvaging a damaged file into a new one. The file itself is never touched, not even by SQLite's own recovery: what is
 * read is a copy.
 */

import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { CannotOpenError } from '../../errors.js'
import { mendHeader } from '../quarantine/salvage/header.js'
import type { Salvaged } from '../quarantine/salvage/report.js'
import { salvageInto } from '../quarantine/salvage/salvage.js'
import { type ConnectFile, driverOn } from './binding.js'
import { makeFile, remove } from './new-file.js'

/**
 * @throws UnsalvageableError when SQLite can read nothing at all; FileExistsError, CannotOpenError
 */
export async function salvage(connect: ConnectFile, source: string, target: string): Promise<Salvaged> {
  if (!existsSync(source)) throw new CannotOpenError(`There is no file at ${source}.`)
  const copy = `${target}.source`
  return makeFile(target, async (partial) => {
    remove(copy)
    try {
      copyFileSync(source, copy)
      if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${copy}-wal`)
      mendFile(copy)
      return await salvageInto({
        path: source,
        openDamaged: () => driverOn(connect, copy),
        openTarget: () => driverOn(connect, partial),
      })
    } finally {
      remove(copy)
    }
  })
}

function mendFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    mendHeader({
      size: fstatSync(file).size,
      read: (into, at) => readSync(file, into, 0, into.length, at),
      write: (from, at) => void writeSync(file, from, 0, from.length, at),
      truncate: (size) => ftruncateSync(file, size),
    })
  } finally {
    closeSync(file)
  }
}
