/** A database file that can be set aside: what is damaged stays in the same folder, under a name with the time. */

import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Clock } from '../clock.js'
import { type Place, timeInName } from '../quarantine/place.js'
import type { ConnectFile } from './binding.js'
import { remove } from './new-file.js'
import { salvage } from './salvage.js'

export function filePlace(filename: string, connect: ConnectFile, clock: Clock): Place {
  const suspicion = `${filename}.suspect`
  const target = `${filename}.salvaged`
  const putInPlace = (): void => {
    // That of the file which was here.
    for (const suffix of ['-wal', '-shm']) rmSync(filename + suffix, { force: true })
    renameSync(target, filename)
  }
  // Killed between setting the one aside and putting the other in its place.
  if (!existsSync(filename) && existsSync(target)) putInPlace()
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
    trust() {
      try {
        rmSync(suspicion, { force: true })
      } catch {
        // Then the next open looks at everything once more.
      }
    },
    salvage() {
      remove(target)
      return salvage(connect, filename, target)
    },
    replace(salvaged) {
      const file = `${filename}.damaged-${timeInName(clock)}`
      // Whoever is killed here has the file with its -wal in one place or in the other.
      if (existsSync(`${filename}-wal`)) copyFileSync(`${filename}-wal`, `${file}-wal`)
      renameSync(filename, file)
      if (salvaged !== undefined) putInPlace()
      return file
    },
  }
}
