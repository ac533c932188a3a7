/** `intstr.IntOrString`: a JSON integer, or a string such as a port name or a percentage. */
export type IntOrString = number | string;

/**
 * The value of an integer or percentage of `total`. Throws on any other string, in apimachinery's words.
 */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value;
  const match = /^([+-]?[0-9]+)%$/.exec(value);
  if (!match) throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`);
  const exact = (Number(match[1]) * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}

/** Whether the text is a percentage as `IsValidPercent` sees it: digits and `%`. */
export const isPercent = (text: string): boolean => /^[0-9]+%$/.test(text);
