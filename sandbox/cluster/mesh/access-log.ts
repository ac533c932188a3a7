/** Access logs in Istio's default text format (`meshConfig.accessLogFile: /dev/stdout`). */
import type { Peer } from '../../os/network.ts';
import type { ExchangeReport } from './exchange-report.ts';

let lastMs = NaN;
let lastTime = '';

/** Many requests are of the same millisecond. */
function timeOf(ms: number): string {
  const whole = Math.floor(ms);
  if (whole !== lastMs) {
    lastMs = whole;
    lastTime = new Date(whole).toISOString();
  }
  return lastTime;
}

const or = (value: string | number | undefined): string | number => (value === undefined ? '-' : value);

/** One line, with its end. */
export function accessLogLine(report: ExchangeReport): string {
  const { requestHeaders: headers, upstreamMs } = report;
  const path = headers['x-envoy-original-path'] ?? report.path;
  return (
    `[${timeOf(report.startedMs)}] "${report.method} ${path} HTTP/1.1" ${report.status}` +
    ` ${report.flags} ${report.details} - "${or(report.transportFailure)}"` +
    ` ${report.requestBytes} ${report.responseBytes} ${Math.round(report.durationMs)} ${or(upstreamMs)}` +
    ` "${or(headers['x-forwarded-for'])}" "${or(headers['user-agent'])}" "${or(headers['x-request-id'])}"` +
    ` "${report.authority}" "${or(report.upstreamHost)}" ${report.cluster || '-'}` +
    ` ${or(report.upstreamLocalAddress)} ${report.downstreamLocalAddress} ${report.downstreamRemoteAddress}` +
    ` ${or(report.serverName)} ${report.routeName}\n`
  );
}

/** … of a connection that was not accepted: nothing was asked. */
export const refusedLine = (nowMs: number, peer: Peer, local: string): string =>
  `[${timeOf(nowMs)}] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - -` +
  ` ${local} ${peer.address}:${peer.port} - -\n`;
