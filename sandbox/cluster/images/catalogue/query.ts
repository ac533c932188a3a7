/**
 * The part of GraphQL (October 2021) that the catalogue answers: one anonymous or named query, fields, aliases,
 * string arguments, nested selections. Left out: variables, fragments, directives, mutations, introspection.
 * Messages are graphql-js'.
 */

/** A field that a client asks for. */
export interface Field {
  name: string;
  /** The key in the answer. */
  key: string;
  arguments: Record<string, string>;
  /** Undefined: none was written. */
  selection: Field[] | undefined;
}

/** What a type has: `object` names the type of what a field holds, if that has fields itself. */
export interface ObjectType {
  name: string;
  fields: Record<
    string,
    { object?: ObjectType; resolve: (parent: any, args: Record<string, string>) => unknown }
  >;
}

/** Throws with what a client should be told. */
export class QueryError extends Error {}

const TOKEN = /\s*(?:#[^\n]*\n\s*)*(?:,\s*)*([A-Za-z_]\w*|"(?:[^"\\]|\\.)*"|[{}():!$@]|\.\.\.|$)/y;

/** Reads a document. Throws `QueryError`. */
export function parseQuery(text: string): Field[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const match = TOKEN.exec(text);
    if (!match) throw new QueryError('Syntax Error: Unexpected character.');
    if (match[1] === '') break;
    tokens.push(match[1]!);
  }
  let at = 0;
  const found = () => tokens[at] ?? '<EOF>';
  const expect = (token: string) => {
    if (found() !== token)
      throw new QueryError(`Syntax Error: Expected "${token}", found ${described(found())}.`);
    at++;
  };
  const name = () => {
    if (!/^[A-Za-z_]/.test(found()))
      throw new QueryError(`Syntax Error: Expected Name, found ${described(found())}.`);
    return tokens[at++]!;
  };
  const selection = (): Field[] => {
    expect('{');
    const fields: Field[] = [];
    do fields.push(field());
    while (found() !== '}');
    at++;
    return fields;
  };
  const field = (): Field => {
    const first = name();
    const aliased = found() === ':';
    if (aliased) at++;
    const called = aliased ? name() : first;
    const args: Record<string, string> = {};
    if (found() === '(') {
      at++;
      while (found() !== ')') {
        const argument = name();
        expect(':');
        if (!found().startsWith('"')) throw new QueryError(`Syntax Error: Unexpected ${described(found())}.`);
        args[argument] = JSON.parse(tokens[at++]!) as string;
      }
      at++;
    }
    return {
      name: called,
      key: first,
      arguments: args,
      selection: found() === '{' ? selection() : undefined,
    };
  };
  if (found() === 'query') {
    at++;
    if (found() !== '{') name();
  }
  const fields = selection();
  if (at < tokens.length) throw new QueryError(`Syntax Error: Unexpected ${described(found())}.`);
  return fields;
}

/** The answer to `fields` of an object. Throws `QueryError` before anything is resolved. */
export function answerQuery(type: ObjectType, fields: Field[], value: unknown): Record<string, unknown> {
  validate(type, fields);
  return resolve(type, fields, value);
}

function validate(type: ObjectType, fields: Field[]): void {
  for (const { name, selection } of fields) {
    const declared = Object.hasOwn(type.fields, name) ? type.fields[name]! : undefined;
    if (!declared) throw new QueryError(`Cannot query field "${name}" on type "${type.name}".`);
    const { object } = declared;
    if (object && !selection) {
      throw new QueryError(
        `Field "${name}" of type "${object.name}" must have a selection of subfields. Did you mean "${name} { ... }"?`,
      );
    }
    if (!object && selection)
      throw new QueryError(`Field "${name}" must not have a selection since it has no subfields.`);
    if (object && selection) validate(object, selection);
  }
}

function resolve(type: ObjectType, fields: Field[], value: unknown): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { name, key, arguments: args, selection } of fields) {
    const { object, resolve: ask } = type.fields[name]!;
    const found = ask(value, args);
    const complete = (each: unknown) => (object && each !== null ? resolve(object, selection!, each) : each);
    out[key] = Array.isArray(found) ? found.map(complete) : complete(found);
  }
  return out;
}

const described = (token: string) =>
  token === '<EOF>' || /^[^\w"]/.test(token) ? (token === '<EOF>' ? token : `"${token}"`) : `Name "${token}"`;
