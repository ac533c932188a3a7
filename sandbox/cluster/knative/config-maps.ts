/** The ConfigMaps that Knative is configured by, as they are installed and as they are now. */
import type { Disposable } from '../../core/disposable.ts';
import type { ConfigMap } from '../client/kinds.ts';
import { CONFIG_MAPS } from '../client/resources.ts';
import { AutoscalerConfig } from './serving/autoscaler-config.ts';
import type { KnativeContext } from './knative-context.ts';

export const SERVING_NAMESPACE = 'knative-serving';
/** The gateway's address for those outside, and the name that a public DNS service gives every such address. */
export const GATEWAY_ADDRESS = '172.18.255.80';
const DEFAULT_DOMAIN = `${GATEWAY_ADDRESS}.sslip.io`;

const AUTOSCALER = 'config-autoscaler';
const DOMAIN = 'config-domain';

const EXAMPLE = `################################
#                              #
#    EXAMPLE CONFIGURATION     #
#                              #
################################

# This block is not actually functional configuration: copy what you need to the level of this key.
`;

/** What is there from the start. */
export const CONFIG_MAPS_OF_SERVING: readonly ConfigMap[] = [
  {
    metadata: { namespace: SERVING_NAMESPACE, name: AUTOSCALER },
    data: {
      _example: `${EXAMPLE}
container-concurrency-target-percentage: "70"
container-concurrency-target-default: "100"
requests-per-second-target-default: "200"
stable-window: "60s"
panic-window-percentage: "10.0"
panic-threshold-percentage: "200.0"
max-scale-up-rate: "1000.0"
max-scale-down-rate: "2.0"
enable-scale-to-zero: "true"
scale-to-zero-grace-period: "30s"
scale-to-zero-pod-retention-period: "0s"
initial-scale: "1"
min-scale: "0"
max-scale: "0"
scale-down-delay: "0s"
`,
    },
  },
  {
    metadata: { namespace: SERVING_NAMESPACE, name: DOMAIN },
    data: {
      [DEFAULT_DOMAIN]: '',
      _example: `${EXAMPLE}
# Routes get names within these domains; a selector narrows one to the Routes with these labels.
example.com: |
example.org: |
  selector:
    app: nonprofit
`,
    },
  },
];

/** Follows the ConfigMaps. */
export class ServingConfig implements Disposable {
  autoscaler = new AutoscalerConfig();
  #domains: { domain: string; selector: Record<string, string> }[] = [];
  readonly #handler: Disposable;

  /** @param changed called with what has changed, and at first */
  constructor({ informers }: KnativeContext, changed: (what: 'autoscaler' | 'domain') => void) {
    const take = ({ metadata, data = {} }: ConfigMap) => {
      if (metadata.namespace !== SERVING_NAMESPACE) return;
      if (metadata.name === AUTOSCALER) {
        this.autoscaler = new AutoscalerConfig(data);
        changed('autoscaler');
      } else if (metadata.name === DOMAIN) {
        this.#domains = Object.entries(data)
          .filter(([domain]) => domain !== '_example')
          .map(([domain, text]) => ({ domain, selector: selectorOf(text) }));
        changed('domain');
      }
    };
    this.#handler = informers.informer(CONFIG_MAPS).addHandler({
      add: take,
      update: (_, after) => take(after),
      delete: (gone) => take({ ...gone, data: {} }),
    });
  }

  /** The domain of a Route with these labels: the one with most of them in its selector. */
  domain(labels: Readonly<Record<string, string>>): string | undefined {
    return this.#domains
      .filter(({ selector }) => Object.entries(selector).every(([key, value]) => labels[key] === value))
      .sort((a, b) => Object.keys(b.selector).length - Object.keys(a.selector).length)[0]?.domain;
  }

  dispose(): void {
    this.#handler.dispose();
  }
}

/** `selector:` with one label a line below it: all the YAML that such a value may hold. */
function selectorOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  if (lines[0]?.trim() !== 'selector:') return {};
  return Object.fromEntries(
    lines.slice(1).map((line) => {
      const colon = line.indexOf(':');
      const value = line.slice(colon + 1).trim();
      return [line.slice(0, colon).trim(), value.replace(/^(["'])(.*)\1$/, '$2')];
    }),
  );
}
