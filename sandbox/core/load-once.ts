/**
 * A loader that loads once: to import again what is there costs some tens of microseconds, more than many a program, and
 * of a thousand pods that start, one loads theirs. A load that failed is tried again.
 */
export function loadOnce<T extends object>(load: () => Promise<T>): () => Promise<T> | T {
  let loaded: Promise<T> | T | undefined;
  return () => {
    if (loaded) return loaded;
    const loading = load();
    loading.then(
      (module) => (loaded = module),
      () => (loaded = undefined),
    );
    return (loaded = loading);
  };
}
