/** The documents of a YAML text as kustomize reads resources and patches: empty ones left out, lists unpacked. */
import { parseYamlV3, YamlError } from '../kubectl/manifest.ts';
import { KustomizeError } from './resource.ts';

export function yamlDocuments(text: string): unknown[] {
  try {
    return text
      .split(/^---(?=\s|$).*$/m)
      .map(parseYamlV3)
      .filter((document) => document !== undefined && document !== null)
      .flatMap((document) => {
        const { kind, items } = document as { kind?: string; items?: unknown };
        return kind?.endsWith('List') && Array.isArray(items) ? (items as unknown[]) : [document];
      });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new KustomizeError(`MalformedYAMLError: ${error.message}`);
  }
}
