/** As one file, from one place: whatever of it is asked for first, the rest comes with it. */
export const loadLater = () => import('./later.js')
