/**
 * How the scripts of a session's Worker are cut: what is always loaded together is one file. Left alone, the bundler
 * gives each module that two others share a file of its own; sixty small requests cost a start more than what
 * they carry. What a group's modules import statically is in it too.
 */
import type { Rolldown } from 'vite';

export const WORKER_CHUNKS: Rolldown.CodeSplittingOptions = {
  groups: [
    { name: 'js-yaml', test: /\/node_modules\/js-yaml\//, priority: 4 },
    {
      name: 'session',
      test: /\/runtimes\/(embedded\/embedded-session|remote\/serve-session)\.ts$|rolldown\/runtime/,
      priority: 3,
    },
    { name: 'cluster', test: /\/sandbox\/cluster\/cluster\.ts$/, priority: 2 },
    { name: 'kubectl', test: /\/commands\/kubectl\/(kubectl|get|apply)\.ts$/, priority: 1 },
  ],
};
