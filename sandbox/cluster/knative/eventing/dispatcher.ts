/**
 * Delivers events (pkg/kncloudevents/event_dispatcher.go, behind an in-memory channel): to the subscriber, again and
 * again as its delivery says, then to the dead letter sink with what went wrong; what the subscriber answers goes back
 * to the broker. What is on its way is gone with the process, as with Knative's in-memory channel.
 */
import { decode, encode } from '../../../core/bytes.ts';
import { sleep, type Clock } from '../../../core/clock.ts';
import { readBody, type HttpResponse } from '../../../core/http.ts';
import { withTimeLimit } from '../../../core/time-limit.ts';
import { Errno } from '../../../os/errno.ts';
import { NameNotFound } from '../../../os/network.ts';
import type { NetworkStack } from '../../network/network-stack.ts';
import { toBase64 } from '../../../core/base64.ts';
import {
  InvalidEvent,
  isEvent,
  readEvent,
  withAttributes,
  writeEvent,
  type CloudEvent,
} from './cloud-event.ts';
import type { Delivery } from './kinds.ts';
import { backoffMs, isTransient } from './retry.ts';

/** Of an error's answer, this much travels with the dead letter. */
const ERROR_DATA_BYTES = 1024;
const HTTP_PORT = 80;
const REQUEST_TIMEOUT_MS = 30_000;

export interface Route {
  subscriber: string;
  deadLetterSink: string | undefined;
  delivery: Delivery;
  /** False: the Trigger is gone, and so is what it has not delivered. */
  valid(): boolean;
  /** Takes the event that the subscriber answers. */
  reply(event: CloudEvent): void;
}

interface Outcome {
  /** Undefined: there was no answer. */
  status: number | undefined;
  data: string;
  response?: { headers: Record<string, string>; body: Uint8Array };
}

export class Dispatcher {
  readonly #clock: Clock;
  readonly #stack: NetworkStack;

  constructor(clock: Clock, stack: NetworkStack) {
    this.#clock = clock;
    this.#stack = stack;
  }

  async deliver(event: CloudEvent, route: Route): Promise<void> {
    const { subscriber, deadLetterSink } = route;
    const outcome = await this.#persist(event, subscriber, route, { prefer: 'reply' });
    if (!outcome) return;
    if (isSuccess(outcome.status)) {
      const { headers, body } = outcome.response!;
      if (!isEvent(headers)) return;
      try {
        route.reply(readEvent(headers, body));
      } catch (error) {
        if (!(error instanceof InvalidEvent)) throw error;
      }
      return;
    }
    if (!deadLetterSink) return;
    const failure = withAttributes(event, {
      knativeerrordest: subscriber,
      knativeerrorcode: String(outcome.status ?? 500),
      ...(outcome.data ? { knativeerrordata: toBase64(encode(outcome.data)) } : {}),
    });
    await this.#persist(failure, deadLetterSink, route, {});
  }

  /** Sends until it is taken, or given up. Undefined: the Trigger is gone. */
  async #persist(
    event: CloudEvent,
    url: string,
    { delivery, valid }: Route,
    more: Record<string, string>,
  ): Promise<Outcome | undefined> {
    const retries = delivery.retry ?? 0;
    for (let attempt = 0; valid(); attempt++) {
      const outcome = await this.#send(event, url, more);
      if (!isTransient(outcome.status) || attempt >= retries) return outcome;
      const waitMs = backoffMs(delivery, attempt);
      if (waitMs > 0) await sleep(this.#clock, waitMs);
    }
    return undefined;
  }

  async #send(event: CloudEvent, url: string, more: Record<string, string>): Promise<Outcome> {
    const { hostname, port, pathname, search, host } = new URL(url);
    const { headers, body } = writeEvent(event);
    const late = () => new Errno('ETIMEDOUT');
    try {
      return await withTimeLimit(this.#clock, REQUEST_TIMEOUT_MS, late, undefined, async (signal) =>
        outcomeOf(
          await this.#stack.fetch(hostname, Number(port || HTTP_PORT), {
            method: 'POST',
            path: pathname + search,
            headers: { host, 'content-length': String(body.length), ...headers, ...more },
            body,
            signal,
          }),
        ),
      );
    } catch (error) {
      if (!(error instanceof Errno || error instanceof NameNotFound)) throw error;
      return { status: undefined, data: `dispatch error: Post "${url}": ${error.message.toLowerCase()}` };
    }
  }
}

async function outcomeOf(response: HttpResponse): Promise<Outcome> {
  const body = await readBody(response);
  const { status, headers } = response;
  return { status, data: decode(body.subarray(0, ERROR_DATA_BYTES)), response: { headers, body } };
}

const isSuccess = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300;
