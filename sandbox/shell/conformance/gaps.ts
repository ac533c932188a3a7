/** Snippets where we differ from bash, by their first line, and why. A gap that closes fails the test. */
export const GAPS: Record<string, string> = {
  'foo( { echo; }': 'the parser reports the token behind the one that bash stumbles over',
  '[[ a == ]]':
    'the parser takes `]]` for a missing operand at the end of the text, and bash -c exits 0 on this error',
  'set -m; sleep 0.05 & fg %1; echo $?; sleep 3 & kill -STOP %1; sleep 0.1; jobs; kill -KILL %%; wait %1 2>/dev/null; echo $?':
    'without a terminal bash reports a stop while it waits, and `wait` ends with it',
  'ulimit -n 64; ulimit -n; ulimit -c; ulimit -f; ulimit -n 128; echo $?; ulimit -Sn 32; ulimit -Sn; ulimit -Hn; ulimit -z; echo $?':
    'only the number of processes is limited here; a limit that nothing holds is not accepted as if it were',
  'git init -q; printf \'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: a\\ndata:\\n  x: "1"\\n  y: "2"\\n\' > a.yaml; git add .; git commit -qm base; printf \'apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: a\\n  labels:\\n    app: web\\ndata:\\n  x: "1"\\n  y: "3"\\n---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: b\\ndata:\\n  x: "1"\\n\' > a.yaml; git diff; git diff --stat':
    "of several shortest edit scripts git's search from both ends finds another one",
};
