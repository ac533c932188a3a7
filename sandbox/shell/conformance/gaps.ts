/** Snippets where we differ from bash, by their first line, and why. A gap that closes fails the test. */
export const GAPS: Record<string, string> = {
  'foo( { echo; }': 'the parser reports the token behind the one that bash stumbles over',
  '[[ a == ]]':
    'the parser takes `]]` for a missing operand at the end of the text, and bash -c exits 0 on this error',
  'declare -A m=([a]=1 [b]=2); declare -p m; m+=([c]=3); echo ${#m[@]}; echo ${m[@]@K} | wc -w; unset m; declare -p m':
    "an associative array keeps the order of insertion; bash's is that of its hash table",
  'a=(x); echo ${a[5]-unset} ${a[-2]}; echo $?; a[-5]=q; echo $?':
    'a negative index in front of the array is no error when it is read, and not the end of a script when it is written',
  'FUNCNEST=3; f() { f; }; f; echo $?':
    "the message is written when the calls have been unwound, so it does not name the function's file",
  'sleep 0.1 & sleep 5 & jobs; jobs -r | wc -l; kill %2; wait %1; echo $?; wait %2; echo $?':
    'bash has reaped and dropped the second job while it waited for the first',
  'set -m; sleep 0.05 & fg %1; echo $?; sleep 3 & kill -STOP %1; sleep 0.1; jobs; kill -KILL %%; wait %1 2>/dev/null; echo $?':
    'without a terminal bash reports a stop while it waits, and `wait` ends with it',
  'set -x; a=1; b="x y"; echo $a "$b"; [ $a = 1 ] && echo t; for i in 1; do :; done; ((a++)); [[ $b == x* ]]; f() { :; }; f \'q r\'':
    '`set -x` does not show `[[ ]]`',
  "set -x; PS4='> '; x=$(echo sub); a=(1 2); echo $'a\\nb' ''; case a in a) :;; esac; echo out 2>&1 > /dev/null; set +x":
    '`set -x` shows assignments when they are made, and a newline as `\\n`',
  "bash -n -c 'echo a; if'; echo $?; echo 'echo from stdin $1' | bash -s arg; bash nosuchfile; echo $?; bash -c; echo $?; bash --nosuch; echo $? 2>&1":
    "bash's own list of options after an invalid one is left out",
  'ulimit -n 64; ulimit -n; ulimit -c; ulimit -f; ulimit -n 128; echo $?; ulimit -Sn 32; ulimit -Sn; ulimit -Hn; ulimit -z; echo $?':
    'only the number of processes is limited here; a limit that nothing holds is not accepted as if it were',
  "GLOBIGNORE='*.o'; touch a.o b.c .d; echo *; unset GLOBIGNORE; echo *": 'GLOBIGNORE is not looked at',
  'echo {1..10..3} {10..1..-4} {a..i..2} {-2..2} {z..x} {A..c}; echo {1..3}{a,b} pre{1,2}{x,y}post':
    'bash drops the backslash and reads the backquote of `{A..c}` as one of a word',
  'v=\'a b  c\'; echo "${v// /_}" "${v/ */}" "${v//+( )/-}"; shopt -s extglob; echo "${v//+( )/-}"; p=\'[ab]\'; echo ${v//$p/X} "${v//"$p"/X}"; echo "${v/b/&&}"':
    'extglob is always on, and `&` in a replacement stands for itself',
  'shopt -s lastpipe; echo v | read x; echo "[$x]"; printf \'1\\n2\\n\' | while read n; do ((s+=n)); done; echo $s':
    '`lastpipe` is not built: each part of a pipeline is a process',
  'coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} l; echo "$l"; kill $COPROC_PID':
    '`coproc` is not built',
  "printf '%x %X %#x %#X %o %#o\\n' 255 255 255 255 8 8; printf '%08.3f|%+.1f|% f\\n' 3.14159 2.55 1":
    'bash computes in 80-bit floating point numbers, JavaScript in 64-bit ones',
  "printf '#!/bin/bash -e\\necho $0 $#; false; echo no\\n' > s; chmod +x s; ./s a b; echo $?; PATH=.:$PATH; s | head -1":
    'a script found along a relative PATH is named by its whole path',
  'enable -n echo; type -t echo; enable echo; type -t echo; builtin nosuch; echo $?; command nosuch; echo $?; command -p ls > /dev/null; echo $?; enable | head -1':
    '`enable` is not built',
  'x=5; echo $((x > 3 ? x : 0)) $((x+=2, x*2)) $((x--)) $((--x)) $((!x)); a=(1 2); echo $((a[0] + a[1])) $((a[1]++)) ${a[1]}; echo $(("3"+\'4\')) 2>&1 | head -1':
    'arithmetic errors name another token',
  "((1 +)); echo $?; let; echo $?; let 'x=1/0'; echo $?; ((x = 08)); echo $?; [[ 1 -eq 1a ]]; echo $?; echo $((2 ** -1)); echo $?":
    'arithmetic errors name another token',
  'git init -q; printf \'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: a\\ndata:\\n  x: "1"\\n  y: "2"\\n\' > a.yaml; git add .; git commit -qm base; printf \'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: a\\n  labels:\\n    app: web\\ndata:\\n  x: "1"\\n  y: "3"\\n---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: b\\ndata:\\n  x: "1"\\n\' > a.yaml; git diff; git diff --stat':
    "of several shortest edit scripts git's search from both ends finds another one",
};
