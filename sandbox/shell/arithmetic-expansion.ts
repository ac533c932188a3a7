/** Arithmetic with a shell's variables, once expansions are done (`$((…))`, `let`, subscripts, offsets). */
import { ArithmeticError, evaluateArithmetic, type ArithmeticContext, type Value } from './arithmetic.ts';
import { ExpansionError } from './control-flow.ts';
import { parameter, unbound } from './parameter.ts';
import type { Shell } from './shell.ts';
import { ReadonlyVariable } from './variables.ts';

/** Evaluates an expression without `$`. `prefix` goes in front of a message (`let`, `((`). */
export function evaluateNow(shell: Shell, text: string, prefix = ''): Value {
  try {
    return evaluateArithmetic(text, arithmeticContext(shell));
  } catch (error) {
    if (error instanceof ArithmeticError) throw new ExpansionError(prefix + error.message, 1, prefix === '');
    if (error instanceof ReadonlyVariable) throw new ExpansionError(error.message);
    throw error;
  }
}

const contexts = new WeakMap<Shell, ArithmeticContext>();

function arithmeticContext(shell: Shell): ArithmeticContext {
  let context = contexts.get(shell);
  if (!context) {
    const key = (name: string, subscript: string): string =>
      shell.variables.variable(name)?.map
        ? expandKey(shell, subscript)
        : String(evaluateArithmetic(subscript, context!));
    context = {
      read(name, subscript) {
        const value =
          subscript === undefined
            ? shell.variables.get(name)
            : shell.variables.element(name, key(name, subscript));
        if (value === undefined && shell.options.has('nounset')) throw unbound(name);
        return value;
      },
      write(name, subscript, value) {
        if (subscript === undefined) shell.variables.set(name, value);
        else shell.variables.setElement(name, key(name, subscript), value);
      },
    };
    contexts.set(shell, context);
  }
  return context;
}

/** The key of an associative array inside an expression: quotes off, `$name` done. */
function expandKey(shell: Shell, subscript: string): string {
  return subscript
    .replace(/^(['"])(.*)\1$/, '$2')
    .replace(/\$\{?(\w+)\}?/g, (_, name: string) => parameter(shell, name) ?? '');
}
