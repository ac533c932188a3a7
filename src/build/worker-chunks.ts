/**
 * How the scripts of a session's Worker are cut: what is always loaded together is one file. Left alone, the bundler
 * gives each module that two others share a file of its own; sixty small requests cost a start more than what
 * they carry. What a group's modules import statically is in it too, unless a group before it
 * has that.
 */
import type { Rolldown } from 'vite';

export const WORKER_CHUNKS: Rolldown.CodeSplittingOptions = {
  groups: [
    { name: 'js-yaml', test: /\/node_modules\/js-yaml\// },
    {
      name: 'session',
      test: /\/runtimes\/(embedded\/embedded-session|remote\/serve-session)\.ts$|rolldown\/runtime/,
    },
    { name: 'cluster', test: /\/sandbox\/cluster\/cluster\.ts$/ },
    { name: 'kubectl', test: /\/commands\/kubectl\/(kubectl|get|apply)\.ts$/ },
  ],
};
