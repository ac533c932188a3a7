/** Versions in the order in which they are preferred (`apimachinery/pkg/version`): v2, v1, v2beta1, v1alpha1, others by name. */

const STAGES = ['alpha', 'beta', ''];

/** Negative when `a` is preferred. */
export function compareVersionPriority(a: string, b: string): number {
  const [first, second] = [parse(a), parse(b)];
  if (!first || !second) return first ? -1 : second ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (const part of [0, 1, 2] as const) {
    const difference = second[part] - first[part];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Stage, major and minor number. */
function parse(version: string): readonly [number, number, number] | undefined {
  const parts = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  return parts ? [STAGES.indexOf(parts[2] ?? ''), Number(parts[1]), Number(parts[3] ?? 0)] : undefined;
}
