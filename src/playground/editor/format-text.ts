/** A manifest's indentation and quotes put in order, comments kept. */
import { parseAllDocuments } from 'yaml';

/** The text in order, or undefined when it cannot be read: then nothing is changed. */
export function formatYaml(text: string): string | undefined {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
  return documents
    .map((document, at) => {
      const body = document.toString({ lineWidth: 0, indentSeq: false }).replace(/^---\n/, '');
      return at === 0 ? body : `---\n${body}`;
    })
    .join('');
}

export function formatJson(text: string): string | undefined {
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  } catch {
    return undefined;
  }
}
