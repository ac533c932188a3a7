/** git's globs (wildmatch.c) as regular expressions: in ignore files `*` stops at a slash, in pathspecs it does not. */

export function wildmatch(pattern: string, crossesSlashes: boolean): RegExp {
  const any = crossesSlashes ? '.*' : '[^/]*';
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (pattern.startsWith('**/', i) && (i === 0 || pattern[i - 1] === '/')) {
      source += '(?:.*/)?';
      i += 2;
    } else if (pattern.slice(i) === '/**') {
      source += '/.*';
      i += 2;
    } else if (char === '*') {
      while (pattern[i + 1] === '*') i++;
      source += any;
    } else if (char === '?') source += crossesSlashes ? '.' : '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', i + (/[!^]/.test(pattern[i + 1] ?? '') ? 3 : 2));
      if (end < 0) return /(?!)/;
      source += `[${pattern
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replaceAll('[', '\\[')
        .replaceAll('\\', '\\\\')}]`;
      i = end;
    } else if (char === '\\' && i + 1 < pattern.length) source += literal(pattern[++i]!);
    else source += literal(char);
  }
  return new RegExp(`^${source}$`, 's');
}

const literal = (char: string): string => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char);

export const isGlob = (pattern: string): boolean => /[*?[\\]/.test(pattern);
