/**
 * Commands as bash writes them from its tree (`declare -f`, `type`, `set`): one command a line, four blanks a level,
 * `elif` as an `if` inside of `else`, what is inside of `$(…)` written anew. Modelled on `print_cmd.c` of bash 5.2,
 * whose order of semicolons, newlines and here-documents this keeps.
 */
import type {
  AndOr,
  CompoundList,
  HereDoc,
  If,
  Pipeline,
  PipelineNode,
  Redirection,
  Statement,
  SyntaxNode,
  TestExpression,
  Word,
} from 'unbash';
import { quoteSingle } from './parameter-operations.ts';
import { parser } from './parser.ts';
import type { Runnable, ShellFunction, Source } from './shell.ts';

const INDENT = 4;
const RESERVED = new Set(
  'if then else elif fi case esac for select while until do done in function time coproc'.split(' '),
);

/** `name () …`, as `declare -f` shows it; without a newline at the end. */
export function functionText(name: string, definition: ShellFunction): string {
  const printer = new CommandPrinter(definition.source.text);
  return `${RESERVED.has(name) ? 'function ' : ''}${name} () \n${printer.functionBody(definition.body)}`;
}

/** A command on its own, as `jobs` shows it. */
export const commandText = (source: Source, node: Runnable): string =>
  new CommandPrinter(source.text).command(node);

class CommandPrinter {
  readonly #source: string;
  /** Inside of `$(…)` newlines stay what they are. */
  readonly #substitution: boolean;
  #out = '';
  #indentation = 0;
  /** What comes next goes on the same line. */
  #joins = false;
  #functionDepth = 0;
  #documents: HereDoc[] = [];
  #wroteDocument = false;

  constructor(source: string, substitution = false) {
    this.#source = source;
    this.#substitution = substitution;
  }

  command(node: Runnable): string {
    this.#node(node);
    this.#writeDocuments('');
    return this.#out;
  }

  /** The statements of a substitution. */
  statements(statements: readonly Statement[]): string {
    this.#joins = true;
    this.#statements(statements);
    this.#writeDocuments('');
    return this.#out;
  }

  functionBody(body: ShellFunction['body']): string {
    this.#indented('{ \n');
    const redirects = body.type === 'Redirected' && body.command.type === 'BraceGroup' ? body.redirects : [];
    const inner = redirects.length > 0 && body.type === 'Redirected' ? body.command : body;
    this.#functionDepth++;
    this.#indentation += INDENT;
    this.#joins = false;
    this.#node(inner.type === 'BraceGroup' ? inner.body : inner);
    this.#writeDocuments('');
    this.#indentation -= INDENT;
    this.#functionDepth--;
    this.#newline('}');
    if (redirects.length > 0) {
      this.#out += ' ';
      this.#redirections(redirects);
      this.#writeDocuments('');
    }
    return this.#out;
  }

  // ---- layout

  #indented(text: string): void {
    this.#out += ' '.repeat(this.#indentation) + text;
  }

  #newline(text: string): void {
    this.#out += '\n';
    this.#indented(text);
  }

  #semicolon(): void {
    if (!/[&\n]$/.test(this.#out)) this.#out += ';';
  }

  /** `connector`, then the here-documents that were begun on this line. */
  #writeDocuments(connector: string): void {
    this.#out += connector;
    if (this.#documents.length === 0) return;
    this.#out += '\n';
    for (const { body, delimiter, operator } of this.#documents) {
      const text = operator === '<<-' ? body.text.replace(/^\t+/gm, '') : body.text;
      this.#out += `${text}${delimiter?.value ?? ''}\n`;
    }
    if (connector !== '') this.#out += ' ';
    this.#documents = [];
    this.#wroteDocument = true;
  }

  /** A list that is indented deeper. */
  #block(list: CompoundList): void {
    this.#indentation += INDENT;
    this.#node(list);
    this.#writeDocuments('');
    this.#indentation -= INDENT;
  }

  #join(): void {
    this.#joins = true;
  }

  // ---- commands

  #statements(statements: readonly Statement[]): void {
    for (const [index, statement] of statements.entries()) {
      const last = index === statements.length - 1;
      this.#node(statement.command);
      if (statement.background) {
        this.#writeDocuments(' &');
        if (!last) {
          this.#out += ' ';
          this.#join();
        }
      } else if (!last) this.#separate(statement, statements[index + 1]!);
    }
    this.#writeDocuments('');
  }

  #separate(statement: Statement, next: Statement): void {
    const newline = this.#substitution && this.#source.slice(statement.end, next.pos).includes('\n');
    if (this.#documents.length > 0) this.#writeDocuments('');
    else if (this.#wroteDocument) this.#wroteDocument = false;
    else this.#out += newline ? '\n' : ';';
    if (this.#functionDepth > 0) this.#out += '\n';
    else {
      if (!newline) this.#out += ' ';
      this.#join();
    }
  }

  #node(node: Runnable | If['else']): void {
    if (!node) return;
    if (node.type === 'CompoundList') return this.#statements(node.commands);
    if (this.#joins) this.#joins = false;
    else this.#indented('');
    this.#plain(node);
  }

  #plain(node: PipelineNode | AndOr): void {
    switch (node.type) {
      case 'Command': {
        const words = [...node.prefix, ...node.suffix].filter(
          (each) => each.type === 'Word' || each.type === 'Assignment',
        );
        if (node.name)
          words.splice(node.prefix.filter((each) => each.type === 'Assignment').length, 0, node.name);
        this.#out += words.map((word) => this.#text(word)).join(' ');
        if (node.redirects.length > 0) {
          if (words.length > 0) this.#out += ' ';
          this.#redirections(node.redirects);
        }
        return;
      }
      case 'AndOr':
        for (const [index, command] of node.commands.entries()) {
          if (index > 0) {
            this.#writeDocuments(` ${node.operators[index - 1]} `);
          }
          this.#join();
          this.#node(command);
        }
        return;
      case 'Pipeline':
        return this.#pipeline(node);
      case 'Redirected':
        this.#plain(node.command);
        this.#out += ' ';
        return this.#redirections(node.redirects);
      case 'BraceGroup':
        this.#out += '{ ';
        if (this.#functionDepth > 0) {
          this.#out += '\n';
          this.#block(node.body);
          this.#newline('}');
        } else {
          this.#join();
          this.#node(node.body);
          this.#semicolon();
          this.#out += ' }';
        }
        return;
      case 'Subshell':
        this.#out += '( ';
        this.#join();
        this.#node(node.body);
        this.#out += ' )';
        return;
      case 'If':
        return this.#if(node.clause, node.then, node.elif, node.else);
      case 'While':
        this.#out += `${node.kind} `;
        this.#join();
        this.#node(node.clause);
        this.#semicolon();
        this.#out += ' do\n';
        this.#block(node.body);
        this.#semicolon();
        return this.#newline('done');
      case 'For':
      case 'Select': {
        const words = node.wordlist?.map((word) => this.#text(word)).join(' ') ?? '"$@"';
        this.#out += `${node.type === 'For' ? 'for' : 'select'} ${node.name.text} in ${words};`;
        return this.#loop(node.body);
      }
      case 'ArithmeticFor': {
        const head = this.#source.slice(node.pos, node.body.pos);
        const parts = head
          .slice(head.indexOf('((') + 2, head.lastIndexOf('))'))
          .split(';')
          .map((part) => part.trimStart() || '1');
        this.#out += `for ((${parts.join('; ')}))`;
        return this.#loop(node.body);
      }
      case 'Case':
        this.#out += `case ${this.#text(node.word)} in `;
        this.#indentation += INDENT;
        for (const item of node.items) {
          this.#newline(`${item.pattern.map((word) => this.#text(word)).join(' | ')})\n`);
          this.#block(item.body);
          this.#newline(item.terminator ?? ';;');
        }
        this.#indentation -= INDENT;
        return this.#newline('esac');
      case 'Function':
        this.#out += `function ${node.name.text} () \n`;
        this.functionBody(node.body);
        return;
      case 'TestCommand':
        this.#out += `[[ ${this.#condition(node.expression)} ]]`;
        return;
      case 'ArithmeticCommand':
        this.#out += `((${node.body}))`;
        return;
      case 'Coproc':
        this.#out += `coproc ${node.name?.text ?? 'COPROC'} `;
        this.#join();
        return this.#node(node.body);
    }
  }

  #loop(body: CompoundList): void {
    this.#newline('do\n');
    this.#block(body);
    this.#semicolon();
    this.#newline('done');
  }

  #if(clause: CompoundList, then: CompoundList, elif: If['elif'], otherwise: If['else']): void {
    this.#out += 'if ';
    this.#join();
    this.#node(clause);
    this.#semicolon();
    this.#out += ' then\n';
    this.#block(then);
    const [next, ...rest] = elif;
    if (next ?? otherwise) {
      this.#semicolon();
      this.#newline('else\n');
      this.#indentation += INDENT;
      if (next) {
        this.#indented('');
        this.#if(next.clause, next.then, rest, otherwise);
      } else this.#node(otherwise);
      this.#writeDocuments('');
      this.#indentation -= INDENT;
    }
    this.#semicolon();
    this.#newline('fi');
  }

  #pipeline(node: Pipeline): void {
    const time = node.prefixes.find((prefix) => prefix.type === 'Time');
    if (time) this.#out += time.posix ? 'time -p ' : 'time ';
    if (node.prefixes.filter((prefix) => prefix.type === 'Negation').length % 2 === 1) this.#out += '! ';
    for (const [index, command] of node.commands.entries()) {
      this.#join();
      this.#node(command);
      const operator = node.operators[index];
      if (operator === '|&') this.#out += ' 2>&1';
      if (operator) {
        this.#writeDocuments(' |');
        this.#out += ' ';
      }
    }
    this.#joins = false;
  }

  #condition(node: TestExpression): string {
    switch (node.type) {
      case 'TestLogical':
        return node.operands.map((operand) => this.#condition(operand)).join(` ${node.operator} `);
      case 'TestNot':
        return (node.negations.length % 2 === 1 ? '! ' : '') + this.#condition(node.operand);
      case 'TestGroup':
        return `( ${this.#condition(node.expression)} )`;
      case 'TestUnary':
        return `${node.operator} ${this.#text(node.operand)}`;
      case 'TestBinary':
        return `${this.#text(node.left)} ${node.operator} ${this.#text(node.right)}`;
    }
  }

  #redirections(redirections: readonly Redirection[]): void {
    const texts = redirections.map((each) => {
      const { descriptor } = each;
      const number =
        descriptor?.type === 'FileDescriptorVariable' ? `{${descriptor.name}}` : (descriptor?.value ?? '');
      const standard = each.operator.startsWith('<') && each.operator !== '<>' ? 0 : 1;
      const shown = number === standard ? '' : number;
      if (each.type === 'HereDoc') {
        this.#documents.push(each);
        const delimiter = each.delimiter?.value ?? '';
        return `${shown}${each.operator}${each.delimiter?.quoted ? quoteSingle(delimiter) : delimiter}`;
      }
      const target = each.target ? this.#text(each.target) : '';
      if (each.operator === '<&' || each.operator === '>&') {
        if (target === '-') return `${number === '' ? standard : number}>&-`;
        if (/^\d/.test(target) || descriptor)
          return `${number === '' ? standard : number}${each.operator}${target}`;
        if (each.operator === '>&') return `&> ${target}`;
        return `0<&${target}`;
      }
      if (each.operator === '<>' && number === '') return `0<> ${target}`;
      return `${shown}${each.operator} ${target}`;
    });
    this.#out += texts.join(' ');
    this.#wroteDocument = false;
  }

  // ---- words

  /** The word as it was written, but for substitutions, `$'…'` and continued lines. */
  #text(node: Word | Extract<SyntaxNode, { type: 'Assignment' }>): string {
    const { text } = node;
    if (node.type === 'Assignment' && node.value.type === 'ArrayValue') {
      const head = text.slice(0, text.indexOf('('));
      return `${head}(${node.value.elements.map((element) => this.#text(element)).join(' ')})`;
    }
    if (!/[$<>`\\]/.test(text)) return text;
    let out = '';
    let at = node.pos;
    const replace = (part: SyntaxNode, by: string): void => {
      out += this.#source.slice(at, part.pos) + by;
      at = part.end;
    };
    const visit = (part: SyntaxNode): void => {
      if (part.type === 'AnsiCQuoted') replace(part, quoteSingleAlways(part.value));
      else if (part.type === 'LocaleString') replace(part, part.text.slice(1));
      else if (
        (part.type === 'CommandExpansion' && part.text.startsWith('$(')) ||
        part.type === 'ProcessSubstitution'
      ) {
        if (!part.script) return;
        const inside = new CommandPrinter(part.script.source ?? this.#source, true).statements(
          part.script.commands,
        );
        replace(part, `${part.text.slice(0, 2)}${inside.startsWith('(') ? ' ' : ''}${inside})`);
      } else if (part.type === 'Literal' && part.text.includes('\\\n'))
        replace(part, part.text.replaceAll('\\\n', ''));
      else parser().forEachChild(part, visit);
    };
    parser().forEachChild(node, visit);
    return out + this.#source.slice(at, node.end);
  }
}

const quoteSingleAlways = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
