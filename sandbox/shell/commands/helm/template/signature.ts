/** How functions for templates are declared, and what their arguments are taken for. */
import { FunctionError, type TemplateFunction } from '../../../go-template/execution.ts';
import { isMap, show, typeOf, type GoMap } from '../../../go-template/values.ts';

/** A function with exactly `count` arguments. */
export const fn = (count: number, call: (...args: any[]) => unknown): TemplateFunction => ({ count, call });

/** A function with `count` arguments or more. */
export const more = (count: number, call: (...args: any[]) => unknown): TemplateFunction => ({
  count,
  variadic: true,
  call,
});

/** An argument that has to be a string. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) throw new FunctionError('invalid value; expected string');
  throw new FunctionError(`wrong type for value; expected string; got ${typeOf(value)}`);
}

/** An argument that has to be a whole number. */
export function whole(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  throw new FunctionError(`wrong type for value; expected int; got ${typeOf(value)}`);
}

export function map(value: unknown): GoMap {
  if (isMap(value)) return value;
  throw new FunctionError(`wrong type for value; expected map[string]interface {}; got ${typeOf(value)}`);
}

export function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new FunctionError(`Cannot find ${name} on type ${typeOf(value)}`);
}

/** `strval`: strings as they are, all else as `%v`. */
export const strval = (value: unknown): string => (typeof value === 'string' ? value : show(value));

/** `toStrings`: without nils. */
export const strings = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter((item) => item !== null && item !== undefined).map(strval)
    : value === null || value === undefined
      ? []
      : [strval(value)];
