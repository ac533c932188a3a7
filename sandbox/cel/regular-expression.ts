/**
 * Regular expressions as Go has them (`regexp/syntax`, RE2): no look-around, no back references, and a match
 * that takes time in proportion to the text, whatever the pattern. CRD patterns and CEL's `matches`, `find`
 * and `findAll` come from learners; JavaScript's own engine would let `^(a+)+$` stop the cluster.
 *
 * A pattern is compiled into a program for a Pike machine, which follows all alternatives at once: time is
 * the length of the text times the size of the program, and both are bounded (`MAX_STEPS`).
 *
 * Left out: named groups' names, and submatches (nothing in Kubernetes' CEL or schemas reads them).
 */
import {
  parseRegularExpression,
  type Assertion,
  type CharacterClass,
  type Expression,
} from './regular-expression-syntax.ts';

/** Instructions of one program, so that `((a{999}){999})` costs no memory. */
const MAX_INSTRUCTIONS = 100_000;
/** Steps of one match; about a second of work. */
const MAX_STEPS = 100_000_000;

/** The match was given up: the pattern is large and the text is long. */
export class RegularExpressionTooCostly extends Error {
  constructor(pattern: string) {
    super(`matching ${JSON.stringify(pattern)} was given up after ${MAX_STEPS} steps`);
  }
}

type Instruction =
  | { op: 'class'; matches: CharacterClass }
  | { op: 'assert'; assertion: Assertion }
  /** Tries `first`, then `second`. */
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { op: 'match' };

export interface Match {
  /** UTF-16 offsets, half open. */
  start: number;
  end: number;
  text: string;
}

/** Patterns in use; schemas and rules use the same few again and again. */
const known = new Map<string, RegularExpression>();
const MAX_KNOWN = 500;

export class RegularExpression {
  readonly pattern: string;
  readonly #program: Instruction[] = [];

  /** Throws `RegularExpressionError` in Go's words. */
  static compile(pattern: string): RegularExpression {
    let compiled = known.get(pattern);
    if (!compiled) {
      compiled = new RegularExpression(pattern, parseRegularExpression(pattern));
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(pattern, compiled);
    }
    return compiled;
  }

  private constructor(pattern: string, expression: Expression) {
    this.pattern = pattern;
    this.#emit(expression);
    this.#push({ op: 'match' });
  }

  /** Whether the pattern occurs in the text. */
  test(text: string): boolean {
    return this.#search(text, 0, true) !== undefined;
  }

  /** The leftmost match from `from` on, of those that begin there the one a backtracking engine would find. */
  find(text: string, from = 0): Match | undefined {
    return this.#search(text, from, false);
  }

  /** Matches that do not overlap, at most `limit`; as in Go, none is empty right behind another. */
  findAll(text: string, limit = Infinity): string[] {
    const found: string[] = [];
    let from = 0;
    let last = -1;
    while (found.length < limit && from <= text.length) {
      const match = this.find(text, from);
      if (!match) break;
      if (match.end > match.start || match.start !== last) found.push(match.text);
      last = match.end;
      from =
        match.end > match.start ? match.end : match.end + (text.codePointAt(match.end)! > 0xffff ? 2 : 1);
    }
    return found;
  }

  #push(instruction: Instruction): number {
    if (this.#program.length >= MAX_INSTRUCTIONS) throw new RegularExpressionTooCostly(this.pattern);
    return this.#program.push(instruction) - 1;
  }

  #emit(expression: Expression): void {
    const program = this.#program;
    switch (expression.kind) {
      case 'class':
        this.#push({ op: 'class', matches: expression.matches });
        return;
      case 'assert':
        this.#push({ op: 'assert', assertion: expression.assertion });
        return;
      case 'sequence':
        for (const part of expression.parts) this.#emit(part);
        return;
      case 'alternatives': {
        const ends: { op: 'jump'; to: number }[] = [];
        expression.parts.forEach((part, index) => {
          if (index === expression.parts.length - 1) return this.#emit(part);
          const split = { op: 'split' as const, first: program.length + 1, second: 0 };
          this.#push(split);
          this.#emit(part);
          const end = { op: 'jump' as const, to: 0 };
          this.#push(end);
          ends.push(end);
          split.second = program.length;
        });
        for (const end of ends) end.to = program.length;
        return;
      }
      case 'repeat':
        this.#emitRepeat(expression);
    }
  }

  #emitRepeat({ part, min, max, greedy }: Extract<Expression, { kind: 'repeat' }>): void {
    const program = this.#program;
    for (let count = 0; count < min; count++) this.#emit(part);
    const split = () => {
      const instruction = { op: 'split' as const, first: 0, second: 0 };
      this.#push(instruction);
      return instruction;
    };
    const enter = (instruction: { first: number; second: number }, inner: number, outer: number) => {
      instruction.first = greedy ? inner : outer;
      instruction.second = greedy ? outer : inner;
    };
    if (max === undefined) {
      const loop = program.length;
      const choice = split();
      this.#emit(part);
      this.#push({ op: 'jump', to: loop });
      enter(choice, loop + 1, program.length);
      return;
    }
    const choices: [ReturnType<typeof split>, number][] = [];
    for (let count = min; count < max; count++) {
      const choice = split();
      choices.push([choice, program.length]);
      this.#emit(part);
    }
    for (const [choice, inner] of choices) enter(choice, inner, program.length);
  }

  /** `any`: the first match that is seen will do. */
  #search(text: string, from: number, any: boolean): Match | undefined {
    const program = this.#program;
    /** Instructions that threads stand at, those of higher priority first, and where each thread began. */
    let arrived: Thread[] = [];
    /** The position at which an instruction was last reached: no second thread follows it there. */
    const reached = new Int32Array(program.length).fill(-1);
    let match: Match | undefined;
    let steps = 0;
    for (let position = from; ;) {
      const code = text.codePointAt(position);
      const before = position === 0 ? undefined : text.charCodeAt(position - 1);
      const waiting: Thread[] = [];
      const follow = (thread: Thread) => {
        const stack = [thread.at];
        while (stack.length > 0) {
          const at = stack.pop()!;
          if (reached[at] === position) continue;
          reached[at] = position;
          steps++;
          const instruction = program[at]!;
          if (instruction.op === 'jump') stack.push(instruction.to);
          else if (instruction.op === 'split') stack.push(instruction.second, instruction.first);
          else if (instruction.op !== 'assert') waiting.push({ at, start: thread.start });
          else if (holds(instruction.assertion, before, code)) stack.push(at + 1);
        }
      };
      for (const thread of arrived) follow(thread);
      if (!match) follow({ at: 0, start: position });
      arrived = [];
      for (const { at, start } of waiting) {
        const instruction = program[at]!;
        steps++;
        if (instruction.op === 'match') {
          match = { start, end: position, text: text.slice(start, position) };
          if (any) return match;
          // Threads of lower priority are of no interest any more.
          break;
        }
        if (instruction.op === 'class' && code !== undefined && instruction.matches(code))
          arrived.push({ at: at + 1, start });
      }
      if (steps > MAX_STEPS) throw new RegularExpressionTooCostly(this.pattern);
      if (code === undefined || (match && arrived.length === 0)) return match;
      position += code > 0xffff ? 2 : 1;
    }
  }
}

interface Thread {
  at: number;
  start: number;
}

const isWord = (code: number | undefined): boolean =>
  code !== undefined &&
  ((code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122));

function holds(assertion: Assertion, before: number | undefined, after: number | undefined): boolean {
  switch (assertion) {
    case 'text start':
      return before === undefined;
    case 'text end':
      return after === undefined;
    case 'line start':
      return before === undefined || before === 10;
    case 'line end':
      return after === undefined || after === 10;
    case 'word boundary':
      return isWord(before) !== isWord(after);
    case 'no word boundary':
      return isWord(before) === isWord(after);
  }
}
