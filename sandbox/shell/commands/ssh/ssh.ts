/** `ssh`: refused, with the reason and what to do instead. */
import { refusal } from '../refusal.ts';

export const program = refusal(
  'there is no other machine to log in to: nodes are reached with kubectl, containers with `kubectl exec -it POD -- sh`',
  255,
);
