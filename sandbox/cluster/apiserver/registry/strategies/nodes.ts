/** Nodes (`pkg/registry/core/node/strategy.go`). */
import type { Strategy } from '../strategy.ts';

export const nodes: Strategy = { statusWritesMetadata: true, keepsStatusOnCreate: true };
