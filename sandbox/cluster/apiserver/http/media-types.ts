/** Content negotiation: which form of an answer the client accepts, in what format. */
import { StatusError } from '../../api/status.ts';

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
}

/** Clauses of an Accept header, most wanted first: by quality, and of the same quality the specific ones. */
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
  const quality = ({ parameters: { q } }: MediaType) => (q === undefined ? 1 : Number(q) || 0);
  const stars = ({ type }: MediaType) => (type === '*/*' ? 2 : type.endsWith('/*') ? 1 : 0);
  return clauses
    .filter((each) => quality(each) > 0)
    .sort((a, b) => quality(b) - quality(a) || stars(a) - stars(b));
}

export type Format = 'json' | 'yaml' | 'protobuf';

/** What the answer shall be made into: the object itself, or a view of meta.k8s.io. */
export type View = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';

export interface Negotiated {
  format: Format;
  view: View | undefined;
  /** Version of meta.k8s.io in which a view is written. */
  viewVersion: string;
  /** The answer to a client that can be given none: indented, whoever it is. */
  raw?: boolean;
}

export const JSON_ANSWER: Negotiated = { format: 'json', view: undefined, viewVersion: 'v1' };

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const FORMATS: Record<string, Format> = {
  ...(Object.fromEntries(Object.entries(CONTENT_TYPES).map(([format, type]) => [type, format])) as Record<
    string,
    Format
  >),
  '*/*': 'json',
  'application/*': 'json',
};
const VIEWS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
const VIEW_VERSIONS = new Set(['v1', 'v1beta1']);

/** What a kind of endpoint can answer with. */
export interface Offer {
  formats: readonly Format[];
  /** Streams, and the representations that a route of a collection names. */
  streams?: boolean;
  views?: boolean;
}

export const OBJECTS: Offer = { formats: ['json', 'yaml', 'protobuf'], views: true };
/** Custom resources have no protobuf form. */
export const CUSTOM_OBJECTS: Offer = { formats: ['json', 'yaml'], views: true };
export const COLLECTIONS: Offer = { ...OBJECTS, streams: true };
export const WATCHES: Offer = { formats: ['json', 'protobuf'], streams: true, views: true };
export const JSON_ONLY: Offer = { formats: ['json'] };

/** The first clause that can be served. Throws NotAcceptable in the words of whoever would have refused. */
export function negotiate(accept: string | undefined, offer: Offer): Negotiated {
  let known = false;
  for (const { type, parameters } of parseAccept(accept)) {
    const format = FORMATS[type];
    if (!format) continue;
    known = true;
    if (!offer.formats.includes(format)) continue;
    const { as, g, v = '' } = parameters;
    if (as === undefined) return { format, view: undefined, viewVersion: 'v1' };
    // A Table holds what has no protobuf form.
    if (format === 'protobuf' && as === 'Table') continue;
    if (offer.views && VIEWS.has(as) && g === 'meta.k8s.io' && VIEW_VERSIONS.has(v))
      return { format, view: as as View, viewVersion: v };
  }
  const types = offer.formats.map((format) => CONTENT_TYPES[format]);
  // What no route produces is refused before anybody looks at parameters.
  if (!known || offer === JSON_ONLY) {
    const all = offer === JSON_ONLY ? types : Object.values(CONTENT_TYPES);
    const streams = offer.streams ? [streamOf('json'), streamOf('protobuf')] : [];
    throw new StatusError(
      'NotAcceptable',
      `406: Not Acceptable\n\nAvailable representations: ${[...all, ...streams].join(', ')}`,
      {},
    );
  }
  throw notAcceptable(offer === WATCHES ? [streamOf('json'), streamOf('protobuf')] : types);
}

/** The content type of a watch. */
export const streamOf = (format: Format): string => `${CONTENT_TYPES[format]};stream=watch`;

function notAcceptable(types: readonly string[]): StatusError {
  return new StatusError('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}

/** In what an error is written: in a format that the client accepts without a view. */
export function formatOfErrors(accept: string | undefined): Negotiated {
  const clause = parseAccept(accept).find(
    ({ type, parameters }) => FORMATS[type] && parameters.as === undefined,
  );
  return clause ? { ...JSON_ANSWER, format: FORMATS[clause.type]! } : { ...JSON_ANSWER, raw: true };
}
