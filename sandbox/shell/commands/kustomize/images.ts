/** `images`: another name, tag or digest for an image, wherever a pod's containers name it. */

export interface ImageChange {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
}

/** Changes every container that is found in the object, whatever its kind. */
export function setImages(value: any, change: ImageChange): void {
  if (Array.isArray(value)) {
    for (const item of value) setImages(item, change);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries<any>(value)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(inner))
      for (const container of inner)
        if (typeof container?.image === 'string') container.image = changed(container.image, change);
    setImages(inner, change);
  }
}

function changed(image: string, { name, newName, newTag, digest }: ImageChange): string {
  const match = /^(.*?)(?::([a-zA-Z0-9_.{}-]*))?(@sha256:[a-zA-Z0-9_.{}]*)?$/.exec(image)!;
  const [, repository, oldTag, oldDigest = ''] = match;
  if (repository !== name) return image;
  const tag = oldTag === undefined ? '' : `:${oldTag}`;
  const base = newName || repository;
  if (newTag && digest) return `${base}:${newTag}@${digest}`;
  if (newTag) return `${base}:${newTag}`;
  if (digest) return `${base}@${digest}`;
  return `${base}${tag}${oldDigest}`;
}
