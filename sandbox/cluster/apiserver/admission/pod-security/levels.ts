/**
 * What a namespace's labels ask of its pods (`k8s.io/pod-security-admission/api`): a level and the version of
 * its definition, for refusing, for the audit log and for warnings.
 */
import type { KubernetesObject } from '../../../api/object.ts';
import { invalid, type FieldError } from '../../../api/validation/field-errors.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  level: Level;
  /** Of 1.x; Infinity: the latest. */
  minor: number;
}

export interface Policy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
  /** What is wrong with the labels; `enforce` is restricted where its own are. */
  errors: readonly FieldError[];
}

type Mode = 'enforce' | 'audit' | 'warn';

const LABEL = 'pod-security.kubernetes.io/';
/** From the least to the most strict. */
const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const VERSION = /^v1\.([0-9]|[1-9][0-9]*)$/;
const LATEST_PRIVILEGED: LevelVersion = { level: 'privileged', minor: Infinity };
const UNLABELLED: Policy = {
  enforce: LATEST_PRIVILEGED,
  audit: LATEST_PRIVILEGED,
  warn: LATEST_PRIVILEGED,
  errors: [],
};

/** `restricted:latest`, `baseline:v1.30`. */
export const textOf = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;

export const isSame = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.minor === b.minor;

export const isStricter = (a: Level, b: Level): boolean => LEVELS.indexOf(a) > LEVELS.indexOf(b);

export const isPrivileged = ({ enforce, audit, warn }: Policy): boolean =>
  enforce.level === 'privileged' && audit.level === 'privileged' && warn.level === 'privileged';

const policies = new WeakMap<KubernetesObject, Policy>();

/** The policy of a stored namespace. */
export function policyOf(namespace: KubernetesObject): Policy {
  let policy = policies.get(namespace);
  if (!policy) policies.set(namespace, (policy = parsePolicy(namespace.metadata.labels)));
  return policy;
}

/** What labels say; a policy also where they are wrong. */
export function parsePolicy(labels: Readonly<Record<string, string>> = {}): Policy {
  const errors: FieldError[] = [];
  const complain = (label: string, why: string) =>
    errors.push(invalid(`metadata.labels[${label}]`, labels[label], why));
  const read = (mode: Mode): LevelVersion & { asked: boolean; valid: boolean } => {
    const label = LABEL + mode;
    const versionLabel = `${label}-version`;
    const asked = labels[label] !== undefined;
    const valid = LEVELS.includes(labels[label] as Level);
    let level: Level = 'privileged';
    if (valid) level = labels[label] as Level;
    else if (asked) {
      complain(label, `must be one of ${LEVELS.join(', ')}`);
      // Refusing fails closed; what only speaks fails open.
      if (mode === 'enforce') level = 'restricted';
    }
    let minor = Infinity;
    const version = labels[versionLabel];
    if (version !== undefined && version !== 'latest') {
      const match = VERSION.exec(version);
      if (match) minor = Number(match[1]);
      else complain(versionLabel, 'must be "latest" or "v1.x"');
    }
    return { level, minor, asked, valid };
  };
  if (!Object.keys(labels).some((label) => label.startsWith(LABEL))) return UNLABELLED;
  const enforce = read('enforce');
  const audit = read('audit');
  const warn = read('warn');
  // Whoever enforces is warned of the same, unless the namespace says otherwise.
  if (!warn.asked && enforce.valid && isStricter(enforce.level, warn.level)) {
    warn.level = enforce.level;
    if (labels[`${LABEL}warn-version`] === undefined) warn.minor = enforce.minor;
  }
  const plain = ({ level, minor }: LevelVersion): LevelVersion => ({ level, minor });
  return { enforce: plain(enforce), audit: plain(audit), warn: plain(warn), errors };
}
