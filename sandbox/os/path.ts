/** Unix paths as text. Nothing here looks at a file system. */

/** Absolute and without `.`, `..`, empty segments or a trailing slash, seen from `directory`. */
export function resolvePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** `dirname` of a normal path. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash > 0 ? path.slice(0, slash) : slash === 0 ? '/' : '.';
}

/** The last segment of a normal path. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `name` inside `directory`. */
export const joinPath = (directory: string, name: string): string =>
  directory === '/' ? `/${name}` : directory === '' ? name : `${directory}/${name}`;
