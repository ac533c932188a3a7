/**
 * busybox: one binary that is all its applets, told apart by the name it is called by. An applet is a
 * program of its own here, or the shell's command of that name in busybox' words (see `wording.ts`), so what
 * is not written yet is not in the image either.
 */
import type { Program } from '../../../os/machine.ts';
import { COMMANDS } from '../../../shell/commands/registry.ts';
import { BANNER } from './banner.ts';
import { httpd } from './httpd.ts';
import { free, top } from './memory.ts';
import { df, mount } from './mounts.ts';
import { nc } from './nc.ts';
import { nslookup } from './nslookup.ts';
import { chgrp, chown, groups } from './owners.ts';
import { ping } from './ping.ts';
import { killall, pidof } from './process-names.ts';
import { ps } from './ps.ts';
import { stty, ttysize } from './stty.ts';
import { tar } from './tar.ts';
import { wget } from './wget.ts';
import { inBusyboxWords } from './wording.ts';

/** Applets of busybox 1.37 as Docker's image has them, those that make sense in a container. */
const APPLETS =
  `[ [[ arch arping ascii ash awk base32 base64 basename bc bunzip2 bzcat bzip2 cal cat chgrp chmod
chown chroot cksum clear cmp comm cp cpio crc32 cut date dc dd df diff dirname dmesg dnsdomainname dos2unix du
echo egrep env expand expr factor fallocate false fgrep find flock fold free fsync getopt grep groups gunzip
gzip head hexdump hostid hostname httpd id ifconfig install ip kill killall less link ln logger logname ls
lsof md5sum mkdir mkfifo mknod mktemp more mount mv nc netstat nice nl nohup nproc nslookup od paste patch pgrep
pidof ping pkill printenv printf ps pwd readlink realpath renice reset rev rm rmdir route run-parts sed seq
setsid sh sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort split stat strings stty su sum sync sysctl
tac tail tar tee telnet test time timeout top touch tr traceroute tree true truncate ts tsort tty ttysize uname
uncompress unexpand uniq unix2dos unlink unxz unzip uptime usleep uudecode uuencode vi vlock w watch wc wget
which who whoami whois xargs xxd xz xzcat yes zcat`.split(/\s+/);

const OWN: Record<string, Program> = {
  chgrp,
  chown,
  df,
  free,
  groups,
  httpd,
  killall,
  mount,
  nc,
  nslookup,
  pidof,
  ping,
  ps,
  stty,
  tar,
  top,
  ttysize,
  wget,
};

/** Applets that run other programs or a terminal: what these print is their own. */
const AS_THEY_ARE = new Set(['ash', 'less', 'more', 'sh', 'vi', 'watch']);

/** The shell under its other name here. */
const ALIASES: Record<string, string> = { ash: 'sh' };

const isThere = (name: string): boolean =>
  Object.hasOwn(OWN, name) || Object.hasOwn(COMMANDS, ALIASES[name] ?? name);

/** Names of the applets that are there, sorted. */
export const appletNames = (): string[] => APPLETS.filter(isThere).sort();

async function applet(name: string): Promise<Program | undefined> {
  if (!APPLETS.includes(name) || !isThere(name)) return undefined;
  if (OWN[name]) return OWN[name];
  const { program } = await COMMANDS[ALIASES[name] ?? name]!();
  return AS_THEY_ARE.has(name) ? program : inBusyboxWords(name, program);
}

export const program: Program = async (process) => {
  const called = process.argv[0]!.split('/').at(-1)!;
  const found = await applet(called);
  if (found) return found(process);
  if (called !== 'busybox') {
    await process.printError(`${called}: applet not found\n`);
    return 127;
  }
  const [, name, ...args] = process.argv;
  if (name === undefined || name === '--help') return help(process);
  if (name === '--list') {
    await process.print(`${appletNames().join('\n')}\n`);
    return 0;
  }
  const asked = await applet(name);
  if (!asked) {
    await process.printError(`${name}: applet not found\n`);
    return 127;
  }
  process.argv.splice(0, process.argv.length, name, ...args);
  return asked(process);
};

const help: Program = async (process) => {
  await process.print(
    `${BANNER}
BusyBox is copyrighted by many authors between 1998-2015.
Licensed under GPLv2. See source distribution for detailed
copyright notices.

Usage: busybox [function [arguments]...]
   or: busybox --list
   or: function [arguments]...

	BusyBox is a multi-call binary that combines many common Unix
	utilities into a single executable.  Most people will create a
	link to busybox for each function they wish to use and BusyBox
	will act like whatever it was invoked as.

Currently defined functions:
${filled(appletNames())}
`,
  );
  return 0;
};

const LINE_COLUMNS = 71;

/** Names with commas, in indented lines. */
function filled(names: string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const [i, name] of names.entries()) {
    const word = i < names.length - 1 ? `${name},` : name;
    if (line !== '' && line.length + 1 + word.length > LINE_COLUMNS) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  lines.push(line);
  return lines.map((each) => `\t${each}`).join('\n');
}
