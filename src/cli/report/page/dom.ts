/** Makes elements. There is no way to pass markup: whatever a file holds becomes text. */

type Child = Node | string | number | undefined | false

interface Attributes {
  readonly class?: string | undefined
  readonly on?: { readonly [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void }
  readonly [attribute: string]: unknown
}

/** `h('button', { class: 'tool', title: 'Close', on: { click: close } }, 'Close')` */
export function h<N extends keyof HTMLElementTagNameMap>(
  name: N,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[N] {
  const element = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute === 'on') {
      for (const [event, listener] of Object.entries(value as object))
        element.addEventListener(event, listener)
    } else if (value !== undefined && value !== false) {
      element.setAttribute(attribute, value === true ? '' : String(value))
    }
  }
  for (const child of children) {
    if (child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child))
  }
  return element
}

/** Calls once for any number of requests before the next picture is drawn. */
export function onceAFrame(work: () => void): () => void {
  let requested = false
  return () => {
    if (requested) return
    requested = true
    requestAnimationFrame(() => {
      requested = false
      work()
    })
  }
}
