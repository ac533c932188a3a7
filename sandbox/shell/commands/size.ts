/** Numbers with GNU's suffixes: `10`, `1K`, `2MB`, `3k`, `1G`. */
const SUFFIXES: Record<string, number> = {
  b: 512,
  kB: 1000,
  K: 1024,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1e9,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  T: 1024 ** 4,
};

/** The number, or undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^\+?(\d+)([A-Za-z]*)$/.exec(text);
  if (!match) return undefined;
  const factor = match[2] === '' ? 1 : SUFFIXES[match[2]!];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}
