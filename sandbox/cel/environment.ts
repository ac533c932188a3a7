/**
 * The CEL environment that admission, CRD rules and checks share: the standard library, optional types,
 * strings and the parts of Kubernetes' own libraries (apiserver `pkg/cel/library`) that are listed in
 * `kubernetes-libraries.ts`.
 *
 * `matches` is Go's, in linear time: the one of the CEL library is JavaScript's, which a pattern can stop.
 */
import { Environment, type ASTNode, type EnvironmentOptions, type ParseResult } from '@marcbachmann/cel-js';
import { registerKubernetesLibraries } from './kubernetes-libraries.ts';
import { RegularExpression } from './regular-expression.ts';

const OPTIONS: EnvironmentOptions = {
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  unlistedVariablesAreDyn: false,
  limits: { maxAstNodes: 5000, maxDepth: 64 },
};

/** What stands for `matches` in expressions that run. */
const LINEAR_MATCHES = 'matchesInLinearTime';

let shared: Environment | undefined;

/** A fresh environment; register variables and functions of your own on it. Making one takes a while: keep it. */
export function createEnvironment(): Environment {
  shared ??= registerKubernetesLibraries(new KubernetesEnvironment(OPTIONS)).registerFunction(
    `string.${LINEAR_MATCHES}(string): bool`,
    (text: string, pattern: string) => RegularExpression.compile(pattern).test(text),
  );
  return shared.clone();
}

class KubernetesEnvironment extends Environment {
  override clone(options?: EnvironmentOptions): Environment {
    // The second argument is how the base class inherits; its declarations do not say so.
    const Constructor = KubernetesEnvironment as unknown as new (
      options: EnvironmentOptions | undefined,
      inherited: Environment,
    ) => Environment;
    return new Constructor(options, this);
  }

  override parse(expression: string): ParseResult {
    const parsed = super.parse(expression);
    visit(parsed.ast, (node) => {
      if (node.op === 'rcall' && node.args[0] === 'matches' && node.args[2].length === 1)
        (node.args as [string, ASTNode, ASTNode[]])[0] = LINEAR_MATCHES;
    });
    return parsed;
  }

  override evaluate(expression: string, context?: Record<string, unknown>): unknown {
    return this.parse(expression)(context);
  }
}

/** Calls `each` for the node and for every node below it. */
export function visit(node: ASTNode, each: (node: ASTNode) => void): void {
  each(node);
  for (const child of childrenOf(node)) visit(child, each);
}

export function childrenOf(node: ASTNode): ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'list':
      return node.args;
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return [...node.args];
  }
}
