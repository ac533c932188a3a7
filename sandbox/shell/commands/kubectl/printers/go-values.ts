/** Values as Go's fmt prints them: `%v` in templates and custom columns, `%#v` in errors. */

/** `%v`: `map[a:1 b:[x y]]`, `<nil>`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return goScalar(value);
  const map = value as Record<string, unknown>;
  const keys = Object.keys(map).sort();
  return `map[${keys.map((key) => `${key}:${goValue(map[key])}`).join(' ')}]`;
}

/** `%#v`: `map[string]interface {}{"a":1}`. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return goScalar(value);
  const map = value as Record<string, unknown>;
  const keys = Object.keys(map).sort();
  return `map[string]interface {}{${keys.map((key) => `${JSON.stringify(key)}:${goSyntax(map[key])}`).join(', ')}}`;
}

function goScalar(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value) && Math.abs(value) >= 1e21)
    return value.toExponential();
  return String(value);
}
