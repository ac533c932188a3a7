/**
 * The files that a session's API server reads, as the engine mounts them into the control plane's node: those of
 * `control-plane/`, and for a session with add-ons a copy in which their namespaces are exempt. A copy stands in a
 * folder that tells its contents, so that sessions share it and none has to remove it: a node reads it as long
 * as it lives.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dump, load } from 'js-yaml';
import { authorizationConfiguration } from './add-on-guard.ts';
import { AUTHORIZATION, MOUNT } from './kind-configuration.ts';

const STOCK = fileURLToPath(new URL('./control-plane', import.meta.url));

interface Admission {
  plugins: [{ configuration: { exemptions: { namespaces: string[] } } }];
}

interface AuditPolicy {
  rules: { level: string; userGroups?: string[]; verbs?: string[] }[];
}

/**
 * A folder on the host.
 * @param addOnNamespaces those of the session's add-ons.
 * @param parent of the folders of copies.
 */
export async function controlPlaneFolder(
  addOnNamespaces: readonly string[],
  parent: string,
): Promise<string> {
  if (addOnNamespaces.length === 0) return STOCK;
  const files = await filesFor(addOnNamespaces);
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12);
  const folder = join(parent, hash);
  await mkdir(parent, { recursive: true });
  const began = await mkdtemp(`${folder}.`);
  await chmod(began, 0o755);
  for (const [name, text] of Object.entries(files)) await writeFile(join(began, name), text);
  // In one step, so that nobody mounts half of it. Where it stands already, that is the same.
  await rename(began, folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(began, { recursive: true, force: true });
  return folder;
}

/** Texts by name. Exported for its test. */
export async function filesFor(addOnNamespaces: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(STOCK)).sort()) files[name] = await readFile(join(STOCK, name), 'utf8');
  const admission = load(files['admission.yaml']!) as Admission;
  admission.plugins[0].configuration.exemptions.namespaces.push(...addOnNamespaces);
  const audit = load(files['audit-policy.yaml']!) as AuditPolicy;
  // What an add-on's controllers read all day is as little of interest as what the cluster's own read.
  audit.rules.unshift({
    level: 'None',
    userGroups: addOnNamespaces.map((namespace) => `system:serviceaccounts:${namespace}`),
    verbs: ['get', 'list', 'watch'],
  });
  return {
    ...files,
    'admission.yaml': dump(admission),
    'audit-policy.yaml': dump(audit),
    [AUTHORIZATION]: dump(authorizationConfiguration(addOnNamespaces, MOUNT)),
  };
}
