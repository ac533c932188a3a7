/** What a lesson's page loads, by what it is for, and what each group may take compressed. */
import type { BuiltScripts, Chunks } from './chunks.ts';

export interface ScriptGroup {
  name: string;
  chunks: Chunks;
  /** In kB of gzip -9. */
  budgetKb: number;
}

/** A chunk that two groups share is counted in the one that is loaded first. */
export function scriptGroups(scripts: BuiltScripts): ScriptGroup[] {
  const page = scripts.ofPage('client', 'Workbench', 'sandbox');
  const worker = scripts.ofWorker('worker');
  const xterm = scripts.ofPage('terminal-view').difference(page);
  const cluster = scripts.ofWorker('cluster').difference(worker);
  // What kubectl, the API server and helm share, and what is a tool of its own, is not a verb.
  const yaml = scripts.ofWorker('js-yaml').difference(worker).difference(cluster);
  const verbs = scripts.ofWorker('kubectl');
  const kustomize = scripts.ofWorker('kustomize').difference(worker).difference(cluster).difference(verbs);
  const kubectl = scripts.withLater(verbs, worker.union(cluster)).difference(yaml).difference(kustomize);
  return [
    { name: 'path to the prompt: xterm, os, shell', chunks: xterm.union(worker), budgetKb: 200 },
    { name: 'the page around it: panes, lesson, Preact', chunks: page, budgetKb: 40 },
    { name: 'cluster, loaded beside it', chunks: cluster, budgetKb: 300 },
    { name: 'YAML, for kubectl and the API server', chunks: yaml, budgetKb: 20 },
    { name: 'kustomize', chunks: kustomize, budgetKb: 20 },
    // 150 is the aim; 110 small files compressed one by one cost what a shared dictionary would save.
    { name: 'kubectl, all verbs', chunks: kubectl, budgetKb: 160 },
  ];
}
