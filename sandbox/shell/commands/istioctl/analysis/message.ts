/** Messages of `istioctl analyze`: codes, levels and words of Istio's `messages.yaml`. */
import type { MeshObject, MeshObjects } from '../mesh-objects.ts';

export type Level = 'Error' | 'Warning' | 'Info';

export interface Message {
  level: Level;
  code: string;
  object: MeshObject;
  text: string;
  /** In the file that it comes from. */
  line: number | undefined;
}

/** What an analyzer is given: all objects, and where to put what it finds. */
export interface Findings {
  objects: MeshObjects;
  /** `mark`: a text near which the trouble stands in a file; default: the object's beginning. */
  report(level: Level, code: string, object: MeshObject, text: string, mark?: string): void;
}

export type Analyzer = (findings: Findings) => void;

export class MessageList implements Findings {
  readonly objects: MeshObjects;
  readonly messages: Message[] = [];

  constructor(objects: MeshObjects) {
    this.objects = objects;
  }

  report(level: Level, code: string, object: MeshObject, text: string, mark?: string): void {
    this.messages.push({ level, code, object, text, line: lineOf(object, mark) });
  }

  /** Errors first, then by code and object. */
  sorted(): Message[] {
    const levels: readonly Level[] = ['Error', 'Warning', 'Info'];
    const key = ({ level, code, object, text }: Message) =>
      [levels.indexOf(level), code, originOf(object), text].join(' ');
    return this.messages.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  }
}

function lineOf({ origin }: MeshObject, mark: string | undefined): number | undefined {
  if (!origin) return undefined;
  const lines = origin.text.split('\n');
  const marked = mark === undefined ? -1 : lines.findIndex((line) => line.includes(mark));
  const at = marked >= 0 ? marked : lines.findIndex((line) => /^\s*[^\s#]/.test(line));
  return origin.line + Math.max(0, at);
}

/** `VirtualService shop/web` */
export function originOf({ kind, metadata }: MeshObject): string {
  return metadata.namespace ? `${kind} ${metadata.namespace}/${metadata.name}` : `${kind} ${metadata.name}`;
}

/** `Error [IST0101] (VirtualService default/web web.yaml:9) Referenced host not found: "wbe"` */
export function messageText({ level, code, object, line, text }: Message): string {
  const place = object.origin ? ` ${object.origin.file}:${line}` : '';
  return `${level} [${code}] (${originOf(object)}${place}) ${text}`;
}
