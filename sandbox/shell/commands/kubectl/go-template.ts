/**
 * Go's text/template over objects of the API, as kubectl and docker have it: whole numbers are ints, a field that is
 * not there is `<no value>`, and `base64decode` and `exists` are there besides what text/template brings.
 */
import {
  ExecutionError,
  FunctionError,
  TemplateSet,
  type FunctionTable,
} from '../../go-template/execution.ts';
import { TemplateSyntaxError } from '../../go-template/syntax.ts';
import { isMap } from '../../go-template/values.ts';
import { CommandError } from './errors.ts';

/** The name that messages have for the template. */
const NAME = 'output';

const FUNCTIONS: FunctionTable = {
  base64decode: {
    count: 1,
    call: (text) => {
      try {
        return atob(String(text));
      } catch {
        throw new FunctionError('base64 decode failed: illegal base64 data');
      }
    },
  },
  exists: {
    count: 1,
    variadic: true,
    call: (value, ...keys) =>
      keys.reduce(
        (current, key) => (current as Record<string, unknown> | undefined)?.[key as string],
        value,
      ) !== undefined,
  },
};

export class GoTemplate {
  readonly #text: string;
  readonly #templates = new TemplateSet(FUNCTIONS, { missing: 'no value' });

  constructor(text: string) {
    this.#text = text;
    try {
      this.#templates.add(NAME, text);
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error;
      throw new CommandError(
        `error parsing template ${text}, template: ${NAME}:${error.line}: ${error.message}`,
      );
    }
  }

  execute(object: unknown): string {
    try {
      return this.#templates.execute(NAME, withInts(object));
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
      const { place, template, source } = error.frames.at(-1)!;
      const called = error.called ? `error calling ${error.called}: ` : '';
      throw new CommandError(
        `error executing template ${JSON.stringify(this.#text)}: template: ${place}: executing ${JSON.stringify(template)} at <${source}>: ${called}${error.message}`,
      );
    }
  }
}

/** The API's JSON has ints where Go's has float64. */
function withInts(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withInts);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withInts(inner)]));
}
