/** The path of Chromium's executable; installs it, or throws and says what to do. */
export function findChromium(): string
/** The path of Firefox's executable, where there is one or it can be had. */
export function findFirefox(): string | undefined
