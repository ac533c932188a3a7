/** `ping`: refused, with the reason and what to do instead. */
import { refusal } from '../refusal.ts';

export const program = refusal(
  'this network carries HTTP and TCP connections, no ICMP: try `nc -z -v HOST PORT` or `curl`',
  2,
);
