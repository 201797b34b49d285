/** A schema version is a whole number from 1. */
export const isVersion = (version: unknown): version is number =>
  Number.isSafeInteger(version) && (version as number) >= 1
