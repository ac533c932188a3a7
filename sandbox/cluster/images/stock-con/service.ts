/**
 * stock-con: asks stock-gen and says what a stock is worth on average. `/average/SYMBOL`, `/healthz`.
 * Environment: `STOCKCON_PORT` (9898), `STOCKGEN_HOSTNAME` (stock-gen), `STOCKGEN_PORT` (9999). It asks
 * again with each call and remembers the last ten prices.
 */
import { json, text, type CreateService } from '../service.ts';

const DEFAULT_PORT = 9898;
const REMEMBERED = 10;

export const createService: CreateService = (host) => {
  const { environment } = host;
  const port = Number(environment['STOCKCON_PORT'] ?? DEFAULT_PORT) || DEFAULT_PORT;
  const source = `http://${environment['STOCKGEN_HOSTNAME'] || 'stock-gen'}:${stockGenPort(environment['STOCKGEN_PORT'])}`;
  const history = new Map<string, number[]>();
  host.log(`stock-con listening on port ${port}, asks ${source}`);

  const remember = async () => {
    const { status, body } = await host.fetch(`${source}/stockdata`);
    if (status !== 200) throw new Error(`${source}/stockdata answered ${status}`);
    for (const { symbol, value } of JSON.parse(body) as { symbol: string; value: number }[])
      history.set(symbol, [...(history.get(symbol) ?? []), value].slice(-REMEMBERED));
  };

  return {
    port,
    async handle({ path }) {
      if (path === '/healthz') return text(200, 'ok\n');
      const symbol = /^\/average\/(.+)$/.exec(path)?.[1];
      if (!symbol) return text(404, 'not found\n');
      try {
        await remember();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        host.log(`cannot get stock data: ${message}`);
        return json(502, { error: `cannot get stock data: ${message}` });
      }
      const values = history.get(decodeURIComponent(symbol));
      if (!values) return json(404, { error: `no stock called ${decodeURIComponent(symbol)}` });
      const sum = values.reduce((total, value) => total + value, 0);
      return json(200, {
        symbol: decodeURIComponent(symbol),
        avgvalue: Math.round((100 * sum) / values.length) / 100,
        moment: new Date(host.now()).toISOString(),
      });
    },
  };
};

/** In a pod beside a Service called `stockgen`, Kubernetes sets STOCKGEN_PORT to `tcp://ADDRESS:PORT`. */
function stockGenPort(value: string | undefined): number {
  return Number(/(\d+)$/.exec(value ?? '')?.[1]) || 9999;
}
