/** The token with which Electric's adapter goes on from where it was. */

/** Where it keeps it among the collection's metadata. */
export const ELECTRIC_TOKEN = 'electric:resume'

export interface ResumeToken {
  readonly kind: 'resume'
  /** The shape as text: its url and parameters. */
  readonly shapeId: string
  /** Left out by earlier versions. */
  readonly requiresTagState?: boolean
}

/** `reset`: everything is to be fetched anew. */
export type ElectricToken = ResumeToken | { readonly kind: 'reset' }

export function tokenFrom(value: unknown): ElectricToken | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, shapeId } = value as { readonly kind?: unknown; readonly shapeId?: unknown }
  if (kind === 'reset' || (kind === 'resume' && typeof shapeId === 'string')) return value as ElectricToken
  return undefined
}

/** Whether updates of a shape have all of the row. */
export function hasWholeUpdates(shapeId: string): boolean {
  try {
    const { params } = JSON.parse(shapeId) as { readonly params?: { readonly replica?: unknown } | null }
    return params?.replica === 'full'
  } catch {
    return false
  }
}
