/**
 * What busybox says when an applet is called wrongly or with `--help`: the applet's synopsis and its
 * sentence, as busybox 1.35 prints them. Left out: the tables of options, which are not all there.
 */
import { BANNER } from './banner.ts';

const SYNOPSES: Record<string, [usage: string, purpose: string]> = {
  ash: [
    "ash [-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]",
    'Unix shell interpreter',
  ],
  awk: ['awk [OPTIONS] [AWK_PROGRAM] [FILE]...', ''],
  base64: ['base64 [-d] [-w COL] [FILE]', 'Base64 encode or decode FILE to standard output'],
  basename: [
    'basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...',
    'Strip directory path and SUFFIX from FILE',
  ],
  cat: ['cat [-nbvteA] [FILE]...', 'Print FILEs to stdout'],
  chgrp: ['chgrp [-RhLHPcvf]... GROUP FILE...', 'Change the group membership of FILEs to GROUP'],
  chmod: [
    'chmod [-Rcvf] MODE[,MODE]... FILE...',
    'MODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]',
  ],
  chown: [
    'chown [-RhLHPcvf]... USER[:[GRP]] FILE...',
    'Change the owner and/or group of FILEs to USER and/or GRP',
  ],
  clear: ['clear', 'Clear screen'],
  cp: [
    'cp [-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }',
    'Copy SOURCEs to DEST',
  ],
  cut: ['cut [OPTIONS] [FILE]...', 'Print selected fields from FILEs to stdout'],
  date: ['date [OPTIONS] [+FMT] [[-s] TIME]', 'Display time (using +FMT), or set time'],
  df: ['df [-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...', 'Print filesystem usage statistics'],
  diff: [
    'diff [-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2',
    'Compare files line by line and output the differences between them.\nThis implementation supports unified diffs only.',
  ],
  dirname: ['dirname FILENAME', 'Strip non-directory suffix from FILENAME'],
  du: ['du [-aHLdclsxhmk] [FILE]...', 'Summarize disk space used for FILEs (or directories)'],
  env: [
    'env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]',
    'Print current environment or run PROG after setting up environment',
  ],
  find: [
    'find [-HL] [PATH]... [OPTIONS] [ACTIONS]',
    "Search for files and perform actions on them.\nFirst failed action stops processing of current file.\nDefaults: PATH is current directory, action is '-print'",
  ],
  free: ['free [-bkmgh]', 'Display free and used memory'],
  grep: [
    'grep [-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...',
    'Search for PATTERN in FILEs (or stdin)',
  ],
  groups: ['groups [USER]', 'Print the groups USER is in'],
  head: [
    'head [OPTIONS] [FILE]...',
    'Print first 10 lines of FILEs (or stdin).\nWith more than one FILE, precede each with a filename header.',
  ],
  hostname: ['hostname [-sidf] [HOSTNAME | -F FILE]', 'Show or set hostname or DNS domain name'],
  id: ['id [-ugGnr] [USER]', 'Print information about USER or the current user'],
  kill: ['kill [-l] [-SIG] PID...', 'Send a signal (default: TERM) to given PIDs'],
  killall: ['killall [-lq] [-SIG] PROCESS_NAME...', 'Send a signal (default: TERM) to given processes'],
  less: ['less [-EFIMmNSRh~] [FILE]...', 'View FILE (or stdin) one screenful at a time'],
  ln: [
    'ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR',
    'Create a link LINK or DIR/TARGET to the specified TARGET(s)',
  ],
  ls: ['ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...', 'List directory contents'],
  md5sum: ['md5sum [-c[sw]] [FILE]...', 'Print or check MD5 checksums'],
  mkdir: ['mkdir [-m MODE] [-p] DIRECTORY...', 'Create DIRECTORY'],
  more: ['more [FILE]...', 'View FILE (or stdin) one screenful at a time'],
  mount: [
    'mount [OPTIONS] [-o OPT] DEVICE NODE',
    'Mount a filesystem. Filesystem autodetection requires /proc.',
  ],
  mv: [
    'mv [-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }',
    'Rename SOURCE to DEST, or move SOURCEs to DIRECTORY',
  ],
  nc: ['nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]', 'Open a pipe to IP:PORT or FILE'],
  nl: ['nl [OPTIONS] [FILE]...', 'Write FILEs to standard output with line numbers added'],
  nproc: ['nproc [--all] [--ignore=N]', 'Print number of available CPUs'],
  nslookup: ['nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]', 'Query DNS about HOST'],
  paste: ['paste [-d LIST] [-s] [FILE]...', 'Paste lines from each input file, separated with tab'],
  pidof: ['pidof [NAME]...', 'List PIDs of all processes with names that match NAMEs'],
  ping: ['ping [OPTIONS] HOST', 'Send ICMP ECHO_REQUESTs to HOST'],
  printf: ['printf FORMAT [ARG]...', 'Format and print ARG(s) according to FORMAT (a-la C printf)'],
  ps: ['ps [-o COL1,COL2=HEADER] [-T]', 'Show list of processes'],
  readlink: ['readlink [-fnv] FILE', 'Display the value of a symlink'],
  realpath: ['realpath FILE...', 'Print absolute pathnames of FILEs'],
  rev: ['rev [FILE]...', 'Reverse lines of FILE'],
  rm: ['rm [-irf] FILE...', 'Remove (unlink) FILEs'],
  rmdir: ['rmdir [-p] DIRECTORY...', 'Remove DIRECTORY if it is empty'],
  sed: [
    'sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...',
    '',
  ],
  seq: [
    'seq [-w] [-s SEP] [FIRST [INC]] LAST',
    'Print numbers from FIRST to LAST, in steps of INC.\nFIRST, INC default to 1.',
  ],
  sh: [
    "sh [-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]",
    'Unix shell interpreter',
  ],
  sha256sum: ['sha256sum [-c[sw]] [FILE]...', 'Print or check SHA256 checksums'],
  sleep: [
    'sleep [N]...',
    'Pause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays',
  ],
  sort: [
    'sort [-nrugMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...',
    'Sort lines of text',
  ],
  stat: ['stat [-ltf] [-c FMT] FILE...', 'Display file (default) or filesystem status'],
  stty: [
    'stty [-a|g] [-F DEVICE] [SETTING]...',
    'Without arguments, prints baud rate, line discipline,\nand deviations from stty sane',
  ],
  tac: ['tac [FILE]...', 'Concatenate FILEs and print them in reverse'],
  tail: [
    'tail [OPTIONS] [FILE]...',
    'Print last 10 lines of FILEs (or stdin) to.\nWith more than one FILE, precede each with a filename header.',
  ],
  tee: ['tee [-ai] [FILE]...', 'Copy stdin to each FILE, and also to stdout'],
  timeout: [
    'timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS',
    'Run PROG. Send SIG to it if it is not gone in SECS seconds.\nDefault SIG: TERM.If it still exists in KILL_SECS seconds, send KILL.',
  ],
  top: ['top [-bmH] [-n COUNT] [-d SECONDS]', 'Show a view of process activity in real time.'],
  touch: ['touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...', 'Update mtime of FILEs'],
  tr: [
    'tr [-cds] STRING1 [STRING2]',
    'Translate, squeeze, or delete characters from stdin, writing to stdout',
  ],
  tty: ['tty [-s]', "Print file name of stdin's terminal"],
  uname: ['uname [-amnrspvio]', 'Print system information'],
  uniq: ['uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]', 'Discard duplicate lines'],
  uptime: ['uptime', 'Display the time since the last boot'],
  vi: ['vi [-c CMD] [-R] [-H] [FILE]...', 'Edit FILE'],
  watch: ['watch [-n SEC] [-t] PROG ARGS', 'Run PROG periodically'],
  wc: ['wc [-cmlwL] [FILE]...', 'Count lines, words, and bytes for FILEs (or stdin)'],
  wget: [
    'wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[--no-check-certificate] [-P DIR] [-U AGENT] URL...',
    'Retrieve files via HTTP or FTP',
  ],
  which: ['which [-a] COMMAND...', 'Locate COMMAND'],
  whoami: ['whoami', 'Print the user name associated with the current effective user id'],
  xargs: ['xargs [OPTIONS] [PROG ARGS]', 'Run PROG on every item given by stdin'],
  yes: ['yes [STRING]', "Repeatedly print a line with STRING, or 'y'"],
};

/** The text for an applet, or undefined when none is known. */
export function usageOf(name: string): string | undefined {
  const known = Object.hasOwn(SYNOPSES, name) ? SYNOPSES[name] : undefined;
  if (!known) return undefined;
  const [usage, purpose] = known;
  return `${BANNER}\n\nUsage: ${usage}\n${purpose ? `\n${purpose}\n` : ''}`;
}
