/** Short messages at the bottom, and how long the last failover took. */

import { useEffect, useState, useSyncExternalStore } from 'react'
import { tabs } from '../data/tabs.js'

/** How long one is shown, in ms. */
const SHOWN = 6000

let tell: (text: string) => void = () => undefined

/** Shows a message. */
export const notice = (text: string): void => tell(text)

export function Notices() {
  const [text, setText] = useState<string>()
  const failover = useSyncExternalStore(tabs.subscribe, () => tabs.failover)
  useEffect(() => {
    tell = setText
  }, [])
  useEffect(() => {
    if (failover !== undefined) setText(`The leader was killed; another one led after ${failover} ms.`)
  }, [failover])
  useEffect(() => {
    const timer = setTimeout(() => setText(undefined), SHOWN)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className="notices" role="status">
      {text !== undefined && <p className="notice">{text}</p>}
    </div>
  )
}
