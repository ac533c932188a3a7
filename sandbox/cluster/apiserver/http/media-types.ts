/** Content negotiation: which form of an answer the client accepts, in what format. */
import { StatusError } from '../../api/status.ts';

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
}

/** Clauses of an Accept header, most wanted first. */
export function parseAccept(header: string | undefined): MediaType[] {
  if (!header) return [{ type: '*/*', parameters: {} }];
  const clauses = header.split(',').map((clause) => {
    const [type, ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = Object.fromEntries(
      rest.map((part) => {
        const at = part.indexOf('=');
        return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1).replace(/^"|"$/g, '')];
      }),
    );
    return { type: type!.toLowerCase(), parameters };
  });
  const quality = ({ parameters }: MediaType) => (parameters.q === undefined ? 1 : Number(parameters.q));
  return clauses.sort((a, b) => quality(b) - quality(a));
}

export type Format = 'json' | 'yaml';

/** What the answer shall be made into: the object itself, or a view of meta.k8s.io. */
export type View = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

export interface Negotiated {
  format: Format;
  view: View | undefined;
}

const FORMATS: Record<string, Format> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  '*/*': 'json',
  'application/*': 'json',
};
const VIEWS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/**
 * The first clause that can be served. Protobuf is understood in requests and never sent: clients that
 * want it accept JSON too.
 */
export function negotiate(accept: string | undefined): Negotiated {
  for (const { type, parameters } of parseAccept(accept)) {
    const format = FORMATS[type];
    if (!format) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return { format, view: undefined };
    if (VIEWS.has(as) && g === 'meta.k8s.io' && v === 'v1') return { format, view: as as View };
  }
  throw new StatusError(
    'NotAcceptable',
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    {},
  );
}
