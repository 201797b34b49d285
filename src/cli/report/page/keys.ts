/** The keyboard: one table for the whole page. What is typed into a field stays there, but for Escape. */

export type Keys = Readonly<Record<string, () => void>>

export function listenForKeys(keys: Keys): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const isTyping =
      event.target instanceof HTMLSelectElement ||
      (event.target instanceof HTMLInputElement && event.target.type === 'search')
    if (isTyping && event.key !== 'Escape') return
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
    if (act === undefined) return
    // The slider would move by itself as well, and `/` would be typed.
    event.preventDefault()
    act()
  })
}
