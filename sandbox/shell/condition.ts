/** `[[ … ]]`: no word splitting, patterns, regular expressions, `&&` and `||`. */
import type { TestExpression } from 'unbash';
import { ExpansionError } from './control-flow.ts';
import { settle, type Step } from './coroutine.ts';
import { expandPattern, expandRegularExpression, expandText } from './expansion.ts';
import { matchPattern } from './pattern.ts';
import { compileRegularExpression, RegularExpressionError, translate } from './regular-expression.ts';
import type { Shell } from './shell.ts';
import { conditionNumber, testFiles, testNumbers, testUnary } from './test-expression.ts';
import { traceTest } from './xtrace.ts';

export function* evaluateCondition(shell: Shell, node: TestExpression, negated = false): Step<boolean> {
  const traces = shell.options.has('xtrace');
  switch (node.type) {
    case 'TestLogical':
      for (const operand of node.operands) {
        const result = yield* evaluateCondition(shell, operand);
        if (result !== (node.operator === '&&')) return result;
      }
      return node.operator === '&&';
    case 'TestNot': {
      const inverts = node.negations.length % 2 === 1;
      return (yield* evaluateCondition(shell, node.operand, inverts)) !== inverts;
    }
    case 'TestGroup':
      return yield* evaluateCondition(shell, node.expression);
    case 'TestUnary': {
      const operand = yield* expandText(shell, node.operand);
      if (traces) yield* traceTest(shell, negated, [node.operator, operand]);
      return testUnary(shell, node.operator, operand);
    }
    case 'TestBinary': {
      const left = yield* expandText(shell, node.left);
      const { operator } = node;
      if (operator === '=~') {
        const expression = yield* expandRegularExpression(shell, node.right);
        if (traces) yield* traceTest(shell, negated, [left, operator, expression]);
        return yield* matchRegularExpression(shell, left, expression);
      }
      if (operator === '=' || operator === '==' || operator === '!=') {
        // The trace shows a backslash in front of everything that was quoted.
        const pattern = yield* expandPattern(shell, node.right, traces ? quoteEach : undefined);
        if (traces) yield* traceTest(shell, negated, [left, operator, pattern]);
        return matchPattern(pattern, left, shell.shopts.has('nocasematch')) === (operator !== '!=');
      }
      const right = yield* expandText(shell, node.right);
      if (traces) yield* traceTest(shell, negated, [left, operator, right]);
      if (operator === '<') return left < right;
      if (operator === '>') return left > right;
      if (operator === '-nt' || operator === '-ot' || operator === '-ef')
        return testFiles(shell, operator, left, right);
      return testNumbers(operator, conditionNumber(shell, left), conditionNumber(shell, right));
    }
  }
}

const quoteEach = (text: string): string => text.replace(/[^]/gu, '\\$&');

function* matchRegularExpression(shell: Shell, text: string, pattern: string): Step<boolean> {
  const flags = shell.shopts.has('nocasematch') ? 'i' : '';
  let match: (string | undefined)[] | undefined;
  try {
    const { linear } = translate(pattern, true);
    const { batch } = shell.process.machine;
    if (!linear && batch) match = yield* settle(batch.match(shell.process, pattern, flags, text));
    else match = compileRegularExpression(pattern, true, flags).exec(text) ?? undefined;
  } catch (error) {
    if (error instanceof RegularExpressionError) throw new ExpansionError('', 2, false);
    throw error;
  }
  shell.variables.setList('BASH_REMATCH', match ? match.map((group) => group ?? '') : []);
  return match !== undefined;
}
