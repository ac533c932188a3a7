/** `traceroute`: refused, with the reason. */
import { refusal } from '../refusal.ts';

export const program = refusal(
  'packets here take no hops: a connection goes straight from pod to pod. Ask `kubectl get pods -o wide` for the node of each end, and `curl -v` or `nc -zv` whether one reaches the other',
  1,
);
