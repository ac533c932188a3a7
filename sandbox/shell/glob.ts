/** Pathname expansion: which files a pattern names. */
import type { FileSystem } from '../os/file-system.ts';
import { joinPath } from '../os/path.ts';
import { matchPattern, patternLiteral } from './pattern.ts';

export interface GlobOptions {
  /** `*` matches names with a leading dot too (`shopt -s dotglob`). */
  dotglob?: boolean;
  /** `**` matches any number of directories (`shopt -s globstar`). */
  globstar?: boolean;
  nocaseglob?: boolean;
}

/** Paths that match, in the form of the pattern (relative stays relative), sorted; empty with none. */
export function glob(
  files: FileSystem,
  directory: string,
  pattern: string,
  options: GlobOptions = {},
): string[] {
  const absolute = pattern.startsWith('/');
  const parts = pattern.split('/').filter((part, i) => part !== '' || i > 0);
  if (absolute && parts[0] === '') parts.shift();
  let found: string[] = [absolute ? '/' : ''];
  const real = (path: string) =>
    path.startsWith('/') ? path : path === '' ? directory : joinPath(directory, path);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === '') {
      // A trailing slash wants directories.
      found = found
        .filter((path) => isDirectory(files, real(path)))
        .map((path) => (path.endsWith('/') ? path : `${path}/`));
      continue;
    }
    const next: string[] = [];
    const literal = patternLiteral(part);
    for (const base of found) {
      if (literal !== undefined) {
        const path = joinPath(base, literal);
        if (exists(files, real(path))) next.push(path);
      } else if (part === '**' && options.globstar) {
        if (!last) next.push(base);
        descend(files, base, real, !last, next);
      } else {
        for (const name of names(files, real(base))) {
          if (name.startsWith('.') && !options.dotglob && !/^(?:\\?\.)/.test(part)) continue;
          if (!matchPattern(part, name, options.nocaseglob)) continue;
          const path = joinPath(base, name);
          if (last || isDirectory(files, real(path))) next.push(path);
        }
      }
    }
    found = next;
  }
  return found.filter((path) => path !== '').sort(compareNames);
}

function descend(
  files: FileSystem,
  base: string,
  real: (path: string) => string,
  directoriesOnly: boolean,
  out: string[],
): void {
  for (const name of names(files, real(base))) {
    if (name.startsWith('.')) continue;
    const path = joinPath(base, name);
    let kind: string;
    try {
      kind = files.lstat(real(path)).kind;
    } catch {
      continue;
    }
    if (kind === 'directory' || !directoriesOnly) out.push(path);
    if (kind === 'directory') descend(files, path, real, directoriesOnly, out);
  }
}

/** Byte order, as in the C locale. */
export const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function names(files: FileSystem, path: string): string[] {
  try {
    return files.readDirectory(path);
  } catch {
    return [];
  }
}

function exists(files: FileSystem, path: string): boolean {
  try {
    files.lstat(path);
    return true;
  } catch {
    return false;
  }
}

function isDirectory(files: FileSystem, path: string): boolean {
  try {
    return files.stat(path).kind === 'directory';
  } catch {
    return false;
  }
}
