/** What a previewed page and the lesson's page say to each other over the port. */

/** Any of it may be anything: the page is not trusted. */
export type FromFrame =
  | {
      kind: 'request';
      id: number;
      method: string;
      url: string;
      headers: [name: string, value: string][];
      body?: ArrayBuffer;
    }
  | { kind: 'abort'; id: number }
  /** A link was followed or a form sent. */
  | { kind: 'navigate'; url: string; method: string; body?: ArrayBuffer; contentType?: string }
  /** F6: on to the next of the lesson's panes. */
  | { kind: 'leave'; backwards: boolean };

export type ToFrame =
  | {
      kind: 'answer';
      id: number;
      url: string;
      status: number;
      headers: [name: string, value: string][];
      body: ArrayBuffer;
    }
  | { kind: 'failure'; id: number; message: string };

/** Said by a frame's script once, to be given the port. */
export const HELLO = 'slipway-preview';
