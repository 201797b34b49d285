/// <reference types="wa-sqlite" />
/// <reference types="@journeyapps/wa-sqlite" />

/** What the wa-sqlite packages do not declare. */

declare module 'wa-sqlite/src/examples/AccessHandlePoolVFS.js' {
  export const AccessHandlePoolVFS: unknown
}
declare module '@journeyapps/wa-sqlite/src/examples/AccessHandlePoolVFS.js' {
  export const AccessHandlePoolVFS: unknown
}
