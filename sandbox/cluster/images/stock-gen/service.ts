/**
 * stock-gen: makes up the prices of a few stocks, which wander from call to call. `/stockdata` has them all,
 * `/healthz` says that it lives. Environment: `STOCKGEN_PORT` (9999), `DEBUG`.
 */
import { json, text, type CreateService } from '../service.ts';

const DEFAULT_PORT = 9999;
/** Symbol and the price it starts at. */
const STOCKS: readonly [symbol: string, value: number][] = [
  ['NYSE:CLNT', 31.4],
  ['NYSE:KUBE', 118.2],
  ['NASDAQ:POD', 64.9],
  ['NASDAQ:NODE', 12.7],
];
/** A price moves by at most this share at a time. */
const VOLATILITY = 0.03;

export const createService: CreateService = (host) => {
  const port = Number(host.environment['STOCKGEN_PORT'] ?? DEFAULT_PORT) || DEFAULT_PORT;
  const values = new Map(STOCKS);
  host.log(`stock-gen listening on port ${port}`);
  return {
    port,
    async handle({ path, from }) {
      if (path === '/healthz') return text(200, 'ok\n');
      if (path !== '/stockdata') return text(404, 'not found\n');
      const moment = new Date(host.now()).toISOString();
      const stocks = [...values].map(([symbol, before]) => {
        const value = Math.round(100 * before * (1 + VOLATILITY * (2 * host.random() - 1))) / 100;
        values.set(symbol, value);
        return { symbol, value, moment };
      });
      if (host.environment['DEBUG']) host.log(`/stockdata for ${from}: ${JSON.stringify(stocks)}`);
      return json(200, stocks);
    },
  };
};
