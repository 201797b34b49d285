/** The path of the browser's executable; it is installed where that is possible. */
export function findChromium(): string
