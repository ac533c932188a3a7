/**
 * Gives Monaco the cluster's own help for manifests: completion, hover, and markers from the schema and from
 * a dry run. Everything is asked of the session's API when it is needed.
 */
import { editor, languages, MarkerSeverity, type IRange } from 'monaco-editor/editor';
import { DisposableStore, toDisposable, type Disposable } from '../../../../sandbox/core/disposable.ts';
import type { HttpOrigin } from '../../../../sandbox/core/http.ts';
import { ApiSchemas } from './api-schemas.ts';
import { complete, cursorContext, type Completion, type CursorContext } from './completion.ts';
import { dryRunProblems } from './dry-run.ts';
import { manifestAt, parseManifests, placeAt, spanAt, type Manifest } from './manifest.ts';
import { schemaAt, typeName } from './schema.ts';
import { schemaProblems, type Problem } from './schema-problems.ts';

const SCHEMA_DELAY_MS = 250;
/** A dry run is a request that the API server works on: it waits until the learner pauses. */
const DRY_RUN_DELAY_MS = 900;
/** Above this the help would hold up typing. */
const MAX_HELPED_CHARACTERS = 200_000;

type Model = editor.ITextModel;

export function helpWithManifests(kube: HttpOrigin, namespace: string): Disposable {
  const schemas = new ApiSchemas(kube);
  const owned = new DisposableStore();

  owned.add(
    languages.registerCompletionItemProvider('yaml', {
      triggerCharacters: [' ', '-'],
      provideCompletionItems: async (model, position) => {
        if (model.getValueLength() > MAX_HELPED_CHARACTERS) return { suggestions: [] };
        const context = cursorContext(model.getValue(), model.getOffsetAt(position));
        if (!context) return { suggestions: [] };
        const range: IRange = {
          startLineNumber: position.lineNumber,
          endLineNumber: position.lineNumber,
          startColumn: position.column - context.word.length,
          endColumn: position.column,
        };
        const found = await completions(schemas, context);
        return { suggestions: found.map((item) => suggestion(item, range)) };
      },
    }),
  );

  owned.add(
    languages.registerHoverProvider('yaml', {
      provideHover: async (model, position) => {
        if (model.getValueLength() > MAX_HELPED_CHARACTERS) return undefined;
        const offset = model.getOffsetAt(position);
        const manifest = manifestAt(parseManifests(model.getValue()), offset);
        const place = manifest && placeAt(manifest, offset);
        if (!manifest?.apiVersion || !manifest.kind || !place) return undefined;
        const kind = await schemas.kind(manifest.apiVersion, manifest.kind).catch(() => undefined);
        const schema = kind && schemaAt(kind.schema, place.path, kind.definitions);
        if (!schema) return undefined;
        const field = place.path.filter((step) => typeof step === 'string').join('.');
        return {
          range: rangeOf(model, place.span),
          contents: [
            { value: `**${field}** \`${typeName(schema, kind.definitions)}\`` },
            ...(schema.description ? [{ value: schema.description }] : []),
          ],
        };
      },
    }),
  );

  for (const model of editor.getModels()) follow(model);
  owned.add(editor.onDidCreateModel(follow));
  return owned;

  /** Marks the problems of `model` whenever it has changed. */
  function follow(model: Model): void {
    if (model.getLanguageId() !== 'yaml') return;
    let running = new AbortController();
    let timers: ReturnType<typeof setTimeout>[] = [];
    const stop = () => {
      timers.forEach(clearTimeout);
      running.abort();
    };
    const start = () => {
      stop();
      running = new AbortController();
      const { signal } = running;
      timers = [
        setTimeout(() => void mark(model, 'schema', fromSchema(model), signal), SCHEMA_DELAY_MS),
        setTimeout(() => void mark(model, 'dry-run', fromDryRun(model, signal), signal), DRY_RUN_DELAY_MS),
      ];
    };
    const owner = new DisposableStore();
    owner.add(model.onDidChangeContent(start));
    owner.add(toDisposable(stop));
    owner.add(model.onWillDispose(() => owner.dispose()));
    owned.add(owner);
    start();
  }

  async function fromSchema(model: Model): Promise<Problem[]> {
    if (model.getValueLength() > MAX_HELPED_CHARACTERS) return [];
    const { manifests, syntaxProblems } = parseManifests(model.getValue());
    const problems: Problem[] = syntaxProblems.map((problem) => ({ ...problem, severity: 'error' }));
    for (const manifest of manifests) {
      if (manifest.document.contents === null) continue;
      problems.push(...(await problemsOf(manifest)));
    }
    return problems;
  }

  async function problemsOf(manifest: Manifest): Promise<Problem[]> {
    const { apiVersion, kind } = manifest;
    if (!apiVersion || !kind) return [];
    const known = await schemas.kind(apiVersion, kind);
    if (known) return schemaProblems(manifest, known.schema, known.definitions);
    const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
    return [{ ...spanAt(manifest, ['kind']), severity: 'warning', message }];
  }

  async function fromDryRun(model: Model, signal: AbortSignal): Promise<Problem[]> {
    if (model.getValueLength() > MAX_HELPED_CHARACTERS) return [];
    const { manifests } = parseManifests(model.getValue());
    const problems: Problem[] = [];
    for (const manifest of manifests) {
      problems.push(...(await dryRunProblems(kube, schemas, manifest, namespace, signal)));
    }
    return problems;
  }
}

async function mark(
  model: Model,
  owner: string,
  finding: Promise<Problem[]>,
  signal: AbortSignal,
): Promise<void> {
  // A cluster that does not answer is told of elsewhere; marks that may be old are taken away.
  const problems = await finding.catch(() => []);
  if (signal.aborted || model.isDisposed()) return;
  editor.setModelMarkers(
    model,
    owner,
    problems.map((problem) => ({
      ...rangeOf(model, problem),
      message: problem.message,
      source: owner === 'dry-run' ? 'API server' : undefined,
      severity: problem.severity === 'error' ? MarkerSeverity.Error : MarkerSeverity.Warning,
    })),
  );
}

async function completions(schemas: ApiSchemas, context: CursorContext): Promise<Completion[]> {
  const { manifest, path, at } = context;
  if (at === 'value' && path.length === 1) {
    if (path[0] === 'apiVersion') return (await schemas.apiVersions()).map(value);
    if (path[0] === 'kind' && manifest.apiVersion) {
      const kinds = (await schemas.resources(manifest.apiVersion)).map(({ kind }) => kind);
      return [...new Set(kinds)].map(value);
    }
  }
  if (!manifest.apiVersion || !manifest.kind) {
    const missing = ['apiVersion', 'kind', 'metadata', 'spec'].filter(
      (name) => !context.present.includes(name),
    );
    return at === 'key' && path.length === 0
      ? missing.map((name) => ({ ...value(name), insert: `${name}: ` }))
      : [];
  }
  const kind = await schemas.kind(manifest.apiVersion, manifest.kind);
  return kind ? complete(context, kind.schema, kind.definitions) : [];
}

const value = (label: string): Completion => ({
  label,
  kind: 'value',
  insert: label,
  detail: '',
  documentation: '',
  required: false,
});

const suggestion = (item: Completion, range: IRange): languages.CompletionItem => ({
  label: item.label,
  kind: item.kind === 'field' ? languages.CompletionItemKind.Field : languages.CompletionItemKind.Value,
  insertText: item.insert,
  // A plain value is no snippet: one that is written already then leaves Enter to the line.
  insertTextRules:
    item.kind === 'field'
      ? languages.CompletionItemInsertTextRule.InsertAsSnippet |
        languages.CompletionItemInsertTextRule.KeepWhitespace
      : languages.CompletionItemInsertTextRule.None,
  detail: item.required && item.kind === 'field' ? `${item.detail}, required` : item.detail,
  documentation: item.documentation,
  sortText: `${item.required ? 0 : 1}${item.label}`,
  range,
  // After a field with a list of values the values follow.
  ...(item.kind === 'field' ? { command: { id: 'editor.action.triggerSuggest', title: 'Suggest' } } : {}),
});

function rangeOf(model: Model, { start, end }: { start: number; end: number }): IRange {
  const from = model.getPositionAt(start);
  const to = model.getPositionAt(Math.max(end, start + 1));
  return {
    startLineNumber: from.lineNumber,
    startColumn: from.column,
    endLineNumber: to.lineNumber,
    endColumn: to.column,
  };
}
