/** Whether the app may use the network: a row of the daybook, so that the switch is the same in all tabs and after a reload. */

import { createCollection } from '@tanstack/react-db'
import { persistedCollectionOptions } from 'daybook/browser'
import { daybook } from './daybook.js'

export interface Setting {
  readonly id: 'network'
  readonly online: boolean
}

export const settings = createCollection(
  persistedCollectionOptions({ id: 'settings', getKey: ({ id }: Setting) => id, persistence: daybook }),
)

export const isOnline = (): boolean => settings.get('network')?.online ?? true

export function setOnline(online: boolean): void {
  if (settings.has('network')) settings.update('network', (setting) => Object.assign(setting, { online }))
  else settings.insert({ id: 'network', online })
}

/** Calls back now, when the setting is known, and whenever it changes; returns what ends it. */
export function followNetwork(onChange: (online: boolean) => void): () => void {
  let last: boolean | undefined
  let ended = false
  const tell = () => {
    const online = isOnline()
    if (ended || online === last) return
    last = online
    onChange(online)
  }
  const subscription = settings.subscribeChanges(tell)
  void settings.preload().then(tell)
  return () => {
    ended = true
    subscription.unsubscribe()
  }
}
