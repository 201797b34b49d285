/**
 * A subset: which rows of a collection somebody asks for, in TanStack DB's own expressions.
 *
 * It is plain data, so that it can be sent to another context; expressions are told apart by their `type`, never by their
 * class.
 */

import type { makeComparator } from '@tanstack/db'

/** A value that an expression computes from one row. */
export type Expression =
  | { readonly type: 'ref'; readonly path: readonly string[]; readonly sourceAlias?: string }
  | { readonly type: 'val'; readonly value: unknown }
  | { readonly type: 'func'; readonly name: string; readonly args: readonly Expression[] }

export interface OrderTerm {
  readonly expression: Expression
  readonly compareOptions: Parameters<typeof makeComparator>[0]
}

/** Where an ordered page continues: the rows behind a value, and those that have that very value. */
export interface Cursor {
  readonly whereFrom: Expression
  readonly whereCurrent: Expression
}

/**
 * Rows for which `where` is true, in order, from the first to the last that is asked for. An ordered answer ends only
 * between two different values of the leading term: rows that tie with the last one belong to it.
 */
export interface Subset {
  readonly where?: Expression
  readonly orderBy?: readonly OrderTerm[]
  readonly limit?: number
  readonly offset?: number
  readonly cursor?: Cursor
}

/** The part of TanStack's `LoadSubsetOptions` that says which rows are meant. */
export interface SubsetRequest {
  readonly where?: unknown
  readonly orderBy?: unknown
  readonly limit?: number
  readonly offset?: number
  readonly cursor?: unknown
}

/** A request as plain data. */
export function subsetOf({ where, orderBy, limit, offset, cursor }: SubsetRequest): Subset {
  const { whereFrom, whereCurrent } = (cursor ?? {}) as Partial<Cursor>
  return {
    ...(where !== undefined && { where: plain(where as Expression) }),
    ...(orderBy !== undefined && {
      orderBy: (orderBy as readonly OrderTerm[]).map(({ expression, compareOptions }) => ({
        expression: plain(expression),
        compareOptions: { ...compareOptions },
      })),
    }),
    ...(limit !== undefined && { limit }),
    ...(offset !== undefined && { offset }),
    ...(whereFrom !== undefined &&
      whereCurrent !== undefined && {
        cursor: { whereFrom: plain(whereFrom), whereCurrent: plain(whereCurrent) },
      }),
  }
}

function plain(expression: Expression): Expression {
  switch (expression.type) {
    case 'ref':
      return { type: 'ref', path: pathOf(expression) }
    case 'func':
      return { type: 'func', name: expression.name, args: expression.args.map(plain) }
    default:
      return { type: 'val', value: expression.value }
  }
}

/** The fields that lead to a value, without the alias of its source. */
export const pathOf = ({ path, sourceAlias }: Extract<Expression, { type: 'ref' }>): readonly string[] =>
  sourceAlias !== undefined && path[0] === sourceAlias ? path.slice(1) : path
