import { describe, expect, test } from 'vitest';
import { flag, parseFlags } from './flags.ts';

const FLAGS = [
  flag('output,o', '', ''),
  flag('watch,w', false, ''),
  flag('stdin,i', false, ''),
  flag('tty,t', false, ''),
  flag('replicas', 1, ''),
  flag('env', [], ''),
  flag('filename,f', [], '', { kind: 'strings' }),
  flag('timeout', 0, '', { kind: 'duration' }),
  flag('dry-run', 'none', '', { bare: 'unchanged' }),
];

describe('parseFlags', () => {
  for (const { name, argv, flag: of, want } of [
    { name: 'long with a space', argv: ['--output', 'json'], flag: 'output', want: 'json' },
    { name: 'long with =', argv: ['--output=json'], flag: 'output', want: 'json' },
    { name: 'short with a space', argv: ['-o', 'json'], flag: 'output', want: 'json' },
    { name: 'short joined', argv: ['-ojson'], flag: 'output', want: 'json' },
    { name: 'short with =', argv: ['-o=json'], flag: 'output', want: 'json' },
    { name: 'a bool needs no value', argv: ['-w', 'pods'], flag: 'watch', want: true },
    { name: 'a bool set to false', argv: ['--watch=false'], flag: 'watch', want: false },
    { name: 'a group', argv: ['-it'], flag: 'tty', want: true },
    { name: 'an int', argv: ['--replicas=3'], flag: 'replicas', want: 3 },
    {
      name: 'an array is not split',
      argv: ['--env=a=1,b', '--env=c=2'],
      flag: 'env',
      want: ['a=1,b', 'c=2'],
    },
    { name: 'strings are split', argv: ['-f', 'a,b', '-f', 'c'], flag: 'filename', want: ['a', 'b', 'c'] },
    { name: 'a duration in milliseconds', argv: ['--timeout=1m30s'], flag: 'timeout', want: 90_000 },
    { name: 'a flag named without a value', argv: ['--dry-run', 'x'], flag: 'dry-run', want: 'unchanged' },
  ])
    test(name, () => {
      const parsed = parseFlags(FLAGS, argv);
      const kind = FLAGS.find((each) => each.name === of)!.kind;
      const got =
        kind === 'bool'
          ? parsed.bool(of)
          : kind === 'int'
            ? parsed.int(of)
            : kind === 'duration'
              ? parsed.duration(of)
              : kind === 'string'
                ? parsed.string(of)
                : parsed.list(of);
      expect(got).toEqual(want);
      expect(parsed.changed(of)).toBe(true);
    });

  test('arguments and flags in any order, and nothing is a flag after --', () => {
    const parsed = parseFlags(FLAGS, ['pod', '-w', 'web', '--', 'ls', '-l']);
    expect(parsed.positional).toEqual(['pod', 'web', 'ls', '-l']);
    expect(parsed.dashAt).toBe(2);
  });

  for (const [argv, want] of [
    [['--foo'], 'unknown flag: --foo'],
    [['-xw'], "unknown shorthand flag: 'x' in -xw"],
    [['--output'], 'flag needs an argument: --output'],
    [['-o'], "flag needs an argument: 'o' in -o"],
    [['-w=x'], 'invalid argument "x" for "-w, --watch" flag: strconv.ParseBool: parsing "x": invalid syntax'],
    [
      ['--replicas=x'],
      'invalid argument "x" for "--replicas" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
  ] as const)
    test(want, () => {
      expect(() => parseFlags(FLAGS, argv)).toThrow(want);
    });
});
