/** What an answer is, by its `content-type`, and its bytes as text or as an address of its own. */
import { toBase64 } from '../../../sandbox/core/base64.ts';
import type { Answer } from './exchange.ts';

export type ContentKind = 'page' | 'image' | 'text' | 'bytes';

const TEXTS = /^text\/|[/+](?:json|xml|yaml|x-yaml|javascript|x-ndjson|openmetrics-text)$/;

export function contentType({ headers }: Pick<Answer, 'headers'>): string {
  return (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

/** An answer without a type is text where it reads as such. */
export function kindOf(answer: Answer): ContentKind {
  const type = contentType(answer);
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'page';
  if (type.startsWith('image/')) return 'image';
  if (TEXTS.test(type)) return 'text';
  return type === '' && !answer.body.includes(0) ? 'text' : 'bytes';
}

/** By the charset that the answer names, UTF-8 otherwise. */
export function textOf({ headers, body }: Answer): string {
  const [, charset = 'utf-8'] = /charset="?([^";\s]+)/i.exec(headers['content-type'] ?? '') ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

/** `data:`, and not `blob:`: opened by itself, an address of the site's own origin would run an SVG's scripts there. */
export const dataUrl = (type: string, bytes: Uint8Array): string => `data:${type};base64,${toBase64(bytes)}`;
