/** What the machine and an app in a process of its own say to each other: one value a line, of all types that rows have. */

import type { Key } from '../../../values/key.js'
import { decodeValue, type Encoded, encodeValue } from '../../../values/value.js'
import type { Call } from '../calls.js'
import type { CollectionShape, On, Step } from '../program.js'

export type Shapes = Readonly<Record<On, CollectionShape>>
export type RowsOf = Readonly<Record<On, readonly (readonly [Key, object])[]>>

/** To the app. */
export type Order =
  /** Opens a file. `from`: its marks begin behind this number. */
  | {
      readonly begin: {
        readonly id: number
        readonly file: string
        readonly shapes: Shapes
        readonly from: number
      }
    }
  | { readonly step: Step }
  /** Lets everything that waits go on, and answers when all is done and the log up to `head` is there. */
  | { readonly rest: { readonly id: number; readonly head: number } }
  /** Compares its live queries with the same ones over these rows, and answers with its own. */
  | { readonly look: { readonly id: number; readonly rows: RowsOf } }
  /** Closes the file. */
  | { readonly close: number }

/** From the app. */
export type Report =
  /** It was asked for something, or told what became of it. */
  | { readonly call: Call }
  | { readonly begun: number }
  | { readonly rested: number }
  | {
      readonly looked: number
      /** Of collections that are ready. */
      readonly rows: Partial<RowsOf>
      /** What is wrong with its live queries. */
      readonly faults: readonly string[]
    }
  | { readonly closed: number }
  /** Something reached nobody else, or an order could not be carried out. */
  | { readonly error: string }

export const encodeMessage = (message: Order | Report): Encoded => encodeValue(message)

export const decodeMessage = <T extends Order | Report>({ json, notes }: Encoded): T =>
  decodeValue(json, notes) as T
