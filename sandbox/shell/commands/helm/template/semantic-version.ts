/** Versions and constraints as Masterminds/semver reads them (`semverCompare`, chart and Kubernetes versions). */

export interface Version {
  major: number;
  minor: number;
  patch: number;
  prerelease: string;
  metadata: string;
}

const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

/** Undefined for what is no version; missing parts are 0. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (!match) return undefined;
  const [, major, minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease, metadata };
}

export function compareVersions(a: Version, b: Version): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    comparePrerelease(a.prerelease, b.prerelease)
  );
}

function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    if (x === y) continue;
    const [numeric, otherNumeric] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (numeric && otherNumeric) return Number(x) - Number(y);
    if (numeric !== otherNumeric) return numeric ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

const PART =
  /^(=|!=|>|<|>=|=>|<=|=<|~|~>|\^)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Whether the version meets the constraint; undefined when the constraint cannot be read. */
export function satisfies(constraint: string, version: Version): boolean | undefined {
  let known = true;
  const met = constraint.split('||').some((alternative) => {
    const ranged = alternative.replace(/(\S+)\s+-\s+(\S+)/g, '>=$1 <=$2');
    const parts = ranged.match(/(?:[=!<>~^]+\s*)?[^\s,=!<>~^]+/g) ?? [];
    if (parts.length === 0) known = false;
    return parts.every((part) => {
      const match = PART.exec(part.trim());
      if (!match) known = false;
      return match !== null && matches(match, version);
    });
  });
  return known ? met : undefined;
}

function matches(match: RegExpExecArray, version: Version): boolean {
  const [, operator = '', major, minor, patch, prerelease = ''] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const wild = (part: string | undefined) => part === undefined || /^[xX*]$/.test(part);
  const value = (part: string | undefined) => (wild(part) ? 0 : Number(part));
  // A prerelease is asked for by one in the constraint.
  if (version.prerelease && !prerelease) return false;
  const low: Version = {
    major: value(major),
    minor: value(minor),
    patch: value(patch),
    prerelease,
    metadata: '',
  };
  const order = compareVersions(version, low);
  if (wild(major)) return true;
  const sameMinor = version.major === low.major && version.minor === low.minor;
  switch (operator) {
    case '!=':
      return wild(minor) ? version.major !== low.major : wild(patch) ? !sameMinor : order !== 0;
    case '>':
      return wild(minor)
        ? version.major > low.major
        : wild(patch)
          ? version.major > low.major || (version.major === low.major && version.minor > low.minor)
          : order > 0;
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      if (wild(minor)) return version.major <= low.major;
      return wild(patch)
        ? version.major < low.major || (version.major === low.major && version.minor <= low.minor)
        : order <= 0;
    case '^':
      if (order < 0) return false;
      if (low.major > 0 || wild(minor)) return version.major === low.major;
      if (low.minor > 0 || wild(patch)) return sameMinor;
      return sameMinor && version.patch === low.patch;
    case '~':
    case '~>':
      return order >= 0 && version.major === low.major && (wild(minor) || version.minor === low.minor);
    default:
      if (wild(minor)) return version.major === low.major;
      return wild(patch) ? sameMinor : order === 0;
  }
}
