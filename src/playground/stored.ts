/**
 * Small values that outlive the page: pane sizes, font size, progress. In localStorage; where the browser
 * refuses it (blocked, full), they last as long as the page.
 */
const fallback = new Map<string, string>();

export function readStored<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`slipway.${key}`) ?? fallback.get(key);
    return text === undefined || text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function writeStored(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  fallback.set(key, text);
  try {
    localStorage.setItem(`slipway.${key}`, text);
  } catch {
    // Kept in memory above.
  }
}
