/** Volumes of a pod and where containers mount them. Sources that no cluster here can attach are only counted. */
import { quantityMilliValue } from '../quantity.ts';
import {
  type FieldError,
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from './field-errors.ts';
import { isDNS1123Label } from './names.ts';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** Validates the volumes and returns those by name. */
export function validateVolumes(
  volumes: any[] | undefined,
  path: string,
  errors: FieldError[],
): Map<string, any> {
  const byName = new Map<string, any>();
  volumes?.forEach((volume, index) => {
    const at = `${path}[${index}]`;
    const own: FieldError[] = [];
    validateSource(volume, at, own);
    const { name } = volume;
    if (!name) own.push(required(`${at}.name`));
    else {
      for (const message of isDNS1123Label(name)) own.push(invalid(`${at}.name`, name, message));
      if (byName.has(name)) own.push(duplicate(`${at}.name`, name));
    }
    errors.push(...own);
    if (own.length === 0) byName.set(name, volume);
  });
  return byName;
}

/** Sources in the order in which the API server looks at them. */
const SOURCES: readonly [string, ((source: any, path: string, errors: FieldError[]) => void)?][] = [
  ['emptyDir', emptyDir],
  ['hostPath', validateHostPath],
  ['gitRepo'],
  ['gcePersistentDisk'],
  ['awsElasticBlockStore'],
  ['secret', (source, path, errors) => keyedSource(source, 'secretName', path, errors)],
  ['nfs', nfs],
  ['iscsi'],
  ['glusterfs'],
  ['persistentVolumeClaim', claim],
  ['rbd'],
  ['cinder'],
  ['cephfs'],
  ['flocker'],
  ['downwardAPI', downwardAPI],
  ['fc'],
  ['flexVolume'],
  ['configMap', (source, path, errors) => keyedSource(source, 'name', path, errors)],
  ['azureFile'],
  ['vsphereVolume'],
  ['photonPersistentDisk'],
  ['portworxVolume'],
  ['azureDisk'],
  ['storageos'],
  ['projected', projected],
  ['scaleIO'],
  ['csi'],
  ['ephemeral'],
  ['image'],
];

function validateSource(volume: any, path: string, errors: FieldError[]): void {
  let found = 0;
  for (const [name, validate] of SOURCES) {
    const source = volume[name];
    if (source === undefined) continue;
    if (found++ > 0) errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else validate?.(source, `${path}.${name}`, errors);
  }
  if (found === 0) errors.push(required(path, 'must specify a volume type'));
}

function emptyDir(source: any, path: string, errors: FieldError[]): void {
  if (source.sizeLimit !== undefined && quantityMilliValue(source.sizeLimit) < 0)
    errors.push(forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
}

export function validateHostPath(source: any, path: string, errors: FieldError[]): void {
  if (!source.path) {
    errors.push(required(`${path}.path`));
    return;
  }
  validatePathNoBacksteps(source.path, `${path}.path`, errors);
  if (!HOST_PATH_TYPES.includes(source.type ?? ''))
    errors.push(notSupported(`${path}.type`, source.type, HOST_PATH_TYPES));
}

function nfs(source: any, path: string, errors: FieldError[]): void {
  if (!source.server) errors.push(required(`${path}.server`));
  if (!source.path) errors.push(required(`${path}.path`));
  if (!(source.path ?? '').startsWith('/'))
    errors.push(invalid(`${path}.path`, source.path ?? '', 'must be an absolute path'));
}

function claim(source: any, path: string, errors: FieldError[]): void {
  if (!source.claimName) errors.push(required(`${path}.claimName`));
}

function keyedSource(source: any, nameField: string, path: string, errors: FieldError[]): void {
  if (!source[nameField]) errors.push(required(`${path}.${nameField}`));
  validateMode(source.defaultMode, `${path}.defaultMode`, errors);
  validateItems(source.items, path, errors);
}

function validateItems(items: any[] | undefined, path: string, errors: FieldError[]): void {
  items?.forEach((item, index) => {
    const at = `${path}.items[${index}]`;
    if (!item.key) errors.push(required(`${at}.key`));
    if (!item.path) errors.push(required(`${at}.path`));
    else validateLocalPath(item.path, `${at}.path`, errors);
    validateMode(item.mode, `${at}.mode`, errors);
  });
}

function validateMode(mode: number | undefined, path: string, errors: FieldError[]): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777))
    errors.push(invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
}

function downwardAPI(source: any, path: string, errors: FieldError[]): void {
  validateMode(source.defaultMode, `${path}.defaultMode`, errors);
  downwardItems(source.items, path, errors);
}

function downwardItems(items: any[] | undefined, path: string, errors: FieldError[]): void {
  items?.forEach((item) => {
    if (!item.path) errors.push(required(`${path}.path`));
    else validateLocalPath(item.path, `${path}.path`, errors);
    if (item.fieldRef && item.resourceFieldRef)
      errors.push(
        invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'),
      );
    else if (!item.fieldRef && !item.resourceFieldRef)
      errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    if (item.fieldRef) validateFieldRef(item.fieldRef, `${path}.fieldRef`, errors);
    if (item.resourceFieldRef && !item.resourceFieldRef.containerName)
      errors.push(required(`${path}.resourceFieldRef.containerName`));
    validateMode(item.mode, `${path}.mode`, errors);
  });
}

const FIELD_PATHS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
/** Fields of a pod that are known, yet not to be had as a file. */
const OTHER_FIELDS =
  /^(spec\.(nodeName|restartPolicy|serviceAccountName|schedulerName)|status\.(phase|hostIPs?|podIPs?))$/;

function validateFieldRef({ fieldPath = '' }: any, path: string, errors: FieldError[]): void {
  if (fieldPath === '') errors.push(required(`${path}.fieldPath`));
  else if (FIELD_PATHS.includes(fieldPath) || /^metadata\.(annotations|labels)\['.*'\]$/.test(fieldPath))
    return;
  else if (OTHER_FIELDS.test(fieldPath))
    errors.push(notSupported(`${path}.fieldPath`, fieldPath, FIELD_PATHS));
  else
    errors.push(
      invalid(
        `${path}.fieldPath`,
        fieldPath,
        `error converting fieldPath: field label not supported: ${fieldPath}`,
      ),
    );
}

function projected(source: any, path: string, errors: FieldError[]): void {
  validateMode(source.defaultMode, `${path}.defaultMode`, errors);
  const paths = new Set<string>();
  source.sources?.forEach((each: any, index: number) => {
    const at = `${path}.sources[${index}]`;
    const { secret, configMap, downwardAPI: downward, serviceAccountToken: token } = each;
    if (Object.keys(each).length > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type'));
    for (const [name, keyed] of [
      ['secret', secret],
      ['configMap', configMap],
    ] as const) {
      if (!keyed) continue;
      if (!keyed.name) errors.push(required(`${at}.${name}.name`));
      validateItems(keyed.items, `${at}.${name}`, errors);
    }
    if (downward) downwardItems(downward.items, `${at}.downwardAPI`, errors);
    if (token) {
      if ((token.expirationSeconds ?? 3600) < 600)
        errors.push(
          invalid(
            `${at}.serviceAccountToken.expirationSeconds`,
            token.expirationSeconds,
            'may not specify a duration less than 10 minutes',
          ),
        );
      if (!token.path) errors.push(required(`${at}.serviceAccountToken.path`));
    }
    for (const item of [...(secret?.items ?? []), ...(configMap?.items ?? []), ...(downward?.items ?? [])]) {
      if (!item.path) continue;
      if (paths.has(item.path)) errors.push(invalid(path, source.name, `conflicting duplicate paths`));
      paths.add(item.path);
    }
  });
}

/** Relative, and never out of its directory. */
function validateLocalPath(value: string, path: string, errors: FieldError[]): void {
  if (value.startsWith('/')) errors.push(invalid(path, value, 'must be a relative path'));
  validatePathNoBacksteps(value, path, errors);
  if (value.startsWith('..') && !value.startsWith('../'))
    errors.push(invalid(path, value, "must not start with '..'"));
}

function validatePathNoBacksteps(value: string, path: string, errors: FieldError[]): void {
  if (value.split('/').includes('..')) errors.push(invalid(path, value, "must not contain '..'"));
}

export function validateVolumeMounts(
  mounts: any[] | undefined,
  volumes: ReadonlyMap<string, any>,
  path: string,
  errors: FieldError[],
): void {
  const mountPaths = new Set<string>();
  mounts?.forEach((mount, index) => {
    const at = `${path}[${index}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (mountPaths.has(mount.mountPath))
      errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    mountPaths.add(mount.mountPath);
    if (mount.subPath) {
      if (mount.subPath.startsWith('/'))
        errors.push(invalid(`${path}.subPath`, mount.subPath, 'must be a relative path'));
      validatePathNoBacksteps(mount.subPath, `${path}.subPath`, errors);
    }
    if (mount.subPathExpr && mount.subPath)
      errors.push(
        invalid(`${path}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      );
  });
}
