/**
 * What the connecting side may ask for: the JSON of a stream's first frame, one operation per member of
 * `Session`. Each says what then passes on the stream, `→` to the session and `←` from it.
 */
import type { HttpRequest } from '../../core/http.ts';
import type { WebTarget } from '../runtime.ts';

type RequestHead = Pick<HttpRequest, 'method' | 'path' | 'headers'>;

export type Operation =
  /** `→` body, end. `←` `ResponseHead`, body, end. Reset by either side aborts the exchange. */
  | ({ op: 'kube.fetch' } & RequestHead)
  | ({ op: 'web.fetch'; target: WebTarget } & RequestHead)
  /** `←` `{protocol}`. `⇄` a message each, `{close: {code, reason}}` before the end. */
  | { op: 'kube.connect'; path: string; protocols: string[]; headers: Record<string, string> }
  /** `←` `{opened: true}`, output; `{exit}`, `{edit}`. `→` keys; `{resize: [columns, rows]}`, `{close: true}`. */
  | { op: 'terminals.open'; name: string; columns: number; rows: number }
  /** `←` `{result}`, end. `files.write`: `→` the contents, end. */
  | { op: 'terminals.list' }
  | { op: 'files.list' }
  | { op: 'files.write'; path: string }
  | { op: 'files.remove'; path: string }
  | { op: 'time.rate'; rate: number }
  | { op: 'time.advance'; ms: number }
  | { op: 'scratch.run'; script: string; timeoutSeconds: number }
  | { op: 'reset' }
  | { op: 'close' }
  /** `←` the contents, end. */
  | { op: 'files.read'; path: string }
  /** `←` a JSON message each, until the connecting side resets. */
  | { op: 'files.watch' }
  | { op: 'audit.watch' }
  /** `←` `{flows}` each. */
  | { op: 'traffic.watch' }
  | { op: 'status' };

export interface ResponseHead {
  status: number;
  headers: Record<string, string>;
  /** The body is whole on the session's side and is handed on as one array. */
  whole: boolean;
}
