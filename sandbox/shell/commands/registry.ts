/** Every command by name. A command is loaded when it is first used. */
import { loadOnce } from '../../core/load-once.ts';
import type { Program } from '../../os/machine.ts';
import type { Process } from '../../os/process.ts';

export interface CommandModule {
  program: Program;
  /** Words that may stand at `index` of the command line `words` (Tab completion). */
  completions?: (context: CompletionContext) => Promise<string[]> | string[];
}

export interface CompletionContext {
  /** The words so far, the command's name first; the one at `index` may be unfinished. */
  words: string[];
  index: number;
  process: Process;
}

const LOADERS: Record<string, () => Promise<CommandModule>> = {
  '[': () => import('./test/test.ts'),
  apt: () => import('./apt/apt.ts'),
  'apt-get': () => import('./apt/apt.ts'),
  arch: () => import('./arch/arch.ts'),
  awk: () => import('./awk/awk.ts'),
  base64: () => import('./base64/base64.ts'),
  basename: () => import('./basename/basename.ts'),
  bash: () => import('./bash/bash.ts'),
  cat: () => import('./cat/cat.ts'),
  chmod: () => import('./chmod/chmod.ts'),
  clear: () => import('./clear/clear.ts'),
  column: () => import('./column/column.ts'),
  comm: () => import('./comm/comm.ts'),
  cp: () => import('./cp/cp.ts'),
  curl: () => import('./curl/curl.ts'),
  cut: () => import('./cut/cut.ts'),
  date: () => import('./date/date.ts'),
  df: () => import('./df/df.ts'),
  diff: () => import('./diff/diff.ts'),
  dig: () => import('./dig/dig.ts'),
  dirname: () => import('./dirname/dirname.ts'),
  docker: () => import('./docker/docker.ts'),
  du: () => import('./du/du.ts'),
  echo: () => import('./echo/echo.ts'),
  edit: () => import('./edit/edit.ts'),
  egrep: () => import('./grep/grep.ts'),
  env: () => import('./env/env.ts'),
  envsubst: () => import('./envsubst/envsubst.ts'),
  expand: () => import('./expand/expand.ts'),
  expr: () => import('./expr/expr.ts'),
  false: () => import('./false/false.ts'),
  fgrep: () => import('./grep/grep.ts'),
  find: () => import('./find/find.ts'),
  fold: () => import('./fold/fold.ts'),
  free: () => import('./free/free.ts'),
  getent: () => import('./getent/getent.ts'),
  git: () => import('./git/git.ts'),
  grep: () => import('./grep/grep.ts'),
  groups: () => import('./groups/groups.ts'),
  gunzip: () => import('./gzip/gzip.ts'),
  gzip: () => import('./gzip/gzip.ts'),
  head: () => import('./head/head.ts'),
  hexdump: () => import('./hexdump/hexdump.ts'),
  helm: () => import('./helm/helm.ts'),
  hey: () => import('./hey/hey.ts'),
  hostname: () => import('./hostname/hostname.ts'),
  ifconfig: () => import('./ifconfig/ifconfig.ts'),
  id: () => import('./id/id.ts'),
  install: () => import('./install/install.ts'),
  istioctl: () => import('./istioctl/istioctl.ts'),
  join: () => import('./join/join.ts'),
  ip: () => import('./ip/ip.ts'),
  jq: () => import('./jq/jq.ts'),
  kill: () => import('./kill/kill.ts'),
  kind: () => import('./kind/kind.ts'),
  kn: () => import('./kn/kn.ts'),
  kubectl: () => import('./kubectl/kubectl.ts'),
  kustomize: () => import('./kustomize/kustomize.ts'),
  less: () => import('./less/less.ts'),
  ln: () => import('./ln/ln.ts'),
  logname: () => import('./logname/logname.ts'),
  ls: () => import('./ls/ls.ts'),
  man: () => import('./man/man.ts'),
  md5sum: () => import('./md5sum/md5sum.ts'),
  mkdir: () => import('./mkdir/mkdir.ts'),
  mktemp: () => import('./mktemp/mktemp.ts'),
  more: () => import('./less/less.ts'),
  mv: () => import('./mv/mv.ts'),
  nc: () => import('./nc/nc.ts'),
  netstat: () => import('./netstat/netstat.ts'),
  nl: () => import('./nl/nl.ts'),
  node: () => import('./node/node.ts'),
  nohup: () => import('./nohup/nohup.ts'),
  nproc: () => import('./nproc/nproc.ts'),
  nslookup: () => import('./nslookup/nslookup.ts'),
  numfmt: () => import('./numfmt/numfmt.ts'),
  od: () => import('./od/od.ts'),
  openssl: () => import('./openssl/openssl.ts'),
  paste: () => import('./paste/paste.ts'),
  patch: () => import('./patch/patch.ts'),
  pgrep: () => import('./pgrep/pgrep.ts'),
  ping: () => import('./ping/ping.ts'),
  pkill: () => import('./pgrep/pgrep.ts'),
  podman: () => import('./docker/docker.ts'),
  printenv: () => import('./printenv/printenv.ts'),
  printf: () => import('./printf/printf.ts'),
  ps: () => import('./ps/ps.ts'),
  pstree: () => import('./pstree/pstree.ts'),
  readlink: () => import('./realpath/realpath.ts'),
  realpath: () => import('./realpath/realpath.ts'),
  rev: () => import('./rev/rev.ts'),
  rm: () => import('./rm/rm.ts'),
  rmdir: () => import('./rmdir/rmdir.ts'),
  route: () => import('./route/route.ts'),
  sed: () => import('./sed/sed.ts'),
  seq: () => import('./seq/seq.ts'),
  sh: () => import('./sh/sh.ts'),
  sha1sum: () => import('./sha1sum/sha1sum.ts'),
  sha256sum: () => import('./sha256sum/sha256sum.ts'),
  shuf: () => import('./shuf/shuf.ts'),
  sleep: () => import('./sleep/sleep.ts'),
  sort: () => import('./sort/sort.ts'),
  split: () => import('./split/split.ts'),
  ss: () => import('./ss/ss.ts'),
  ssh: () => import('./ssh/ssh.ts'),
  stat: () => import('./stat/stat.ts'),
  strings: () => import('./strings/strings.ts'),
  sudo: () => import('./sudo/sudo.ts'),
  sync: () => import('./sync/sync.ts'),
  tac: () => import('./tac/tac.ts'),
  tail: () => import('./tail/tail.ts'),
  tar: () => import('./tar/tar.ts'),
  tc: () => import('./tc/tc.ts'),
  tee: () => import('./tee/tee.ts'),
  test: () => import('./test/test.ts'),
  timeout: () => import('./timeout/timeout.ts'),
  top: () => import('./top/top.ts'),
  touch: () => import('./touch/touch.ts'),
  tr: () => import('./tr/tr.ts'),
  tracepath: () => import('./traceroute/traceroute.ts'),
  traceroute: () => import('./traceroute/traceroute.ts'),
  true: () => import('./true/true.ts'),
  tty: () => import('./tty/tty.ts'),
  uname: () => import('./uname/uname.ts'),
  unexpand: () => import('./unexpand/unexpand.ts'),
  uniq: () => import('./uniq/uniq.ts'),
  uptime: () => import('./uptime/uptime.ts'),
  vi: () => import('./vi/vi.ts'),
  view: () => import('./less/less.ts'),
  vim: () => import('./vi/vi.ts'),
  watch: () => import('./watch/watch.ts'),
  wc: () => import('./wc/wc.ts'),
  wget: () => import('./wget/wget.ts'),
  which: () => import('./which/which.ts'),
  whoami: () => import('./whoami/whoami.ts'),
  xargs: () => import('./xargs/xargs.ts'),
  xxd: () => import('./xxd/xxd.ts'),
  yes: () => import('./yes/yes.ts'),
  yq: () => import('./yq/yq.ts'),
  zcat: () => import('./gzip/gzip.ts'),
};

export const COMMANDS: Readonly<Record<string, () => Promise<CommandModule> | CommandModule>> =
  Object.fromEntries(Object.entries(LOADERS).map(([name, load]) => [name, loadOnce(load)]));

/** For `Machine.findProgram`: the program, loaded, or undefined. */
export async function findCommand(name: string): Promise<Program | undefined> {
  return Object.hasOwn(COMMANDS, name) ? (await COMMANDS[name]!()).program : undefined;
}

/** For `Machine.programNames`. */
export const commandNames = (): string[] => Object.keys(COMMANDS).sort();

/** For `Machine.completions`: what the command's module proposes. */
export async function findCompletions(
  process: Process,
  words: string[],
  index: number,
): Promise<string[] | undefined> {
  const name = words[0]!;
  if (!Object.hasOwn(COMMANDS, name)) return undefined;
  const { completions } = await COMMANDS[name]!();
  return completions ? await completions({ words, index, process }) : undefined;
}
