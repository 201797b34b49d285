/** How a connection learns that somebody has committed, without reading a table. */

/** `data_version` tells of other connections, `total_changes()` of everybody on this one. */
export const CHANGE_TOKEN = 'SELECT data_version, total_changes() AS changes FROM pragma_data_version'

/** The one row of {@link CHANGE_TOKEN} as a text. */
export function changeToken(rows: readonly unknown[]): string {
  const [row] = rows as readonly { data_version: number; changes: number }[]
  return `${row?.data_version}/${row?.changes}`
}
