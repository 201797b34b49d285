/** A row without what TanStack DB adds to it. */
export const plain = (row: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('$')))
