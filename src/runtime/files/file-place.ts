/** A database file that can be set aside: what is damaged stays in the same folder, under a name with the time. */

import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Clock } from '../clock.js'
import { type Place, timeInName } from '../quarantine/place.js'
import type { ConnectFile } from './binding.js'
import { remove } from './new-file.js'
import { salvage } from './salvage.js'

export function filePlace(filename: string, connect: ConnectFile, clock: Clock): Place {
  const suspicion = `${filename}.suspect`
  const target = `${filename}.salvaged`
  // Killed between setting the one aside and putting the other in its place.
  if (!existsSync(filename) && existsSync(target)) renameSync(target, filename)
  return {
    isOurs: false,
    isSuspect: () => existsSync(suspicion),
    suspect({ message }) {
      try {
        writeFileSync(suspicion, `${message}\n`)
      } catch {
        // Where nothing can be written, the error itself has to be enough: it goes to whoever met it.
      }
    },
    trust: () => rmSync(suspicion, { force: true }),
    salvage() {
      remove(target)
      return salvage(connect, filename, target)
    },
    replace(salvaged) {
      const file = `${filename}.damaged-${timeInName(clock)}`
      for (const suffix of ['-wal', '-shm', '']) {
        if (existsSync(filename + suffix)) renameSync(filename + suffix, file + suffix)
      }
      if (salvaged !== undefined) renameSync(target, filename)
      return file
    },
  }
}
