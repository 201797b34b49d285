// Where the browsers of the tests are. One that is missing is installed (Debian and Ubuntu, as root).

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const CHROMIUM = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const FIREFOX = [
  process.env.FIREFOX_PATH,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]

/** The path of Chromium's executable; without one the tests fail, and say what to do. */
export function findChromium() {
  const found = find(CHROMIUM, 'chromium')
  if (found) return found
  throw new Error(
    'The browser tests need Chrome or Chromium: install it, or set CHROME_PATH to its executable.',
  )
}

/** The path of Firefox's executable, where there is one or it can be had. */
export const findFirefox = () => find(FIREFOX, 'firefox-esr')

function find(places, aptPackage) {
  const installed = () => places.find((place) => place && existsSync(place))
  const found = installed()
  if (found) return found
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return undefined
  // On stderr: the standard output may be somebody's data.
  console.error(`Installing ${aptPackage} for the browser tests (apt-get install ${aptPackage}) …`)
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', process.stderr, 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  apt('update', '-qq')
  apt('install', '-y', '-qq', '--no-install-recommends', aptPackage)
  return installed()
}
