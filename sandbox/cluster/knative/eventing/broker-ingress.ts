/**
 * Where brokers take events (cmd/broker/ingress): `/NAMESPACE/NAME`, 202 for an event, 400 for what is none, 404 without
 * such a broker. Each event goes to the Triggers whose filters it passes, one independent of the other.
 */
import { timestamp, type Clock } from '../../../core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';
import { EMPTY } from '../../../core/bytes.ts';
import type { Informer } from '../../client/informer.ts';
import { isReady } from '../conditions.ts';
import {
  InvalidEvent,
  isEvent,
  readEvent,
  withAttributes,
  withoutAttribute,
  type CloudEvent,
} from './cloud-event.ts';
import type { Dispatcher } from './dispatcher.ts';
import { passes } from './filter.ts';
import type { Broker, Trigger } from './kinds.ts';

/** How often an event may come back as an answer. */
const TTL = 255;
const TTL_ATTRIBUTE = 'knativebrokerttl';

export interface BrokerIngressInit {
  clock: Clock;
  brokers: Informer<Broker>;
  triggers: Informer<Trigger>;
  dispatcher: Dispatcher;
  onError(key: string, error: unknown): void;
}

export class BrokerIngress {
  readonly #init: BrokerIngressInit;

  constructor(init: BrokerIngressInit) {
    this.#init = init;
  }

  async answer({ method, path, headers, body }: HttpRequest): Promise<HttpResponse> {
    const answer = (status: number, more: Record<string, string> = {}): HttpResponse => ({
      status,
      headers: { allow: 'POST, OPTIONS', 'content-length': '0', ...more },
      body: EMPTY,
    });
    if (method === 'OPTIONS')
      return answer(200, { 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*' });
    if (method !== 'POST') return answer(405);
    if (path === '/') return answer(404);
    const parts = path.replace(/\/$/, '').split('/');
    if (parts.length !== 3 || !isEvent(headers)) return answer(400);
    let event: CloudEvent;
    try {
      event = readEvent(headers, body);
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error;
      return answer(400);
    }
    const broker = this.#init.brokers.get(`${parts[1]}/${parts[2]}`);
    if (!broker) return answer(404);
    if (!broker.status?.address?.url) return answer(500);
    return answer(this.take(broker, event) ? 202 : 400);
  }

  /** Sends an event on its ways. False: it has come back too often. */
  take(broker: Broker, event: CloudEvent): boolean {
    const { clock, triggers, dispatcher, onError } = this.#init;
    const ttl = Number(event.attributes[TTL_ATTRIBUTE] ?? TTL);
    if (!(ttl > 0)) return false;
    const arrived = withAttributes(withoutAttribute(event, TTL_ATTRIBUTE), {
      knativearrivaltime: timestamp(clock.now()),
    });
    const { namespace, name } = broker.metadata;
    for (const trigger of triggers.list()) {
      const { metadata, spec, status } = trigger;
      if (metadata.namespace !== namespace || spec!.broker !== name) continue;
      if (!status?.subscriberUri || !isReady(trigger) || !passes(trigger, arrived)) continue;
      const key = `${namespace}/${metadata.name}`;
      void dispatcher
        .deliver(arrived, {
          subscriber: status.subscriberUri,
          deadLetterSink: status.deadLetterSinkUri,
          delivery: spec!.delivery ?? broker.spec?.delivery ?? {},
          valid: () => triggers.get(key)?.metadata.uid === metadata.uid,
          reply: (answered) => {
            const present = this.#init.brokers.get(`${namespace}/${name}`);
            if (present) this.take(present, withAttributes(answered, { [TTL_ATTRIBUTE]: String(ttl - 1) }));
          },
        })
        .catch((error: unknown) => onError(`triggers ${key}`, error));
    }
    return true;
  }
}
