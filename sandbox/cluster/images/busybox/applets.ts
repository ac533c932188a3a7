/**
 * busybox: one binary that is all its applets, told apart by the name it is called by. An applet is the
 * shell's command of that name, so what is not written yet is not in the image either.
 */
import type { Program } from '../../../os/machine.ts';
import { COMMANDS } from '../../../shell/commands/registry.ts';
import { httpd } from './httpd.ts';

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

const OWN: Record<string, Program> = { httpd };

/** The shell under its other name here. */
const ALIASES: Record<string, string> = { ash: 'sh' };

const isThere = (name: string): boolean =>
  Object.hasOwn(OWN, name) || Object.hasOwn(COMMANDS, ALIASES[name] ?? name);

/** Names of the applets that are there, sorted. */
export const appletNames = (): string[] => APPLETS.filter(isThere).sort();

async function applet(name: string): Promise<Program | undefined> {
  if (!APPLETS.includes(name) || !isThere(name)) return undefined;
  return OWN[name] ?? (await COMMANDS[ALIASES[name] ?? name]!()).program;
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
    `BusyBox v1.37.0 multi-call binary.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list\n   or: function [arguments]...\n\nCurrently defined functions:\n\t${appletNames().join(', ')}\n`,
  );
  return 0;
};
