/**
 * Small values that outlive the page: pane sizes, font size, progress. In localStorage; where the browser
 * refuses it (blocked, full), they last as long as the page.
 */
const fallback = new Map<string, string>();

export function readStored<T>(key: string, otherwise: T): T {
  const text = stored(key) ?? fallback.get(key);
  try {
    return text === undefined ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(`slipway.${key}`) ?? undefined;
  } catch {
    return undefined;
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
