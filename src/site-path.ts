/** The address of a page or file of this site, under whatever path it is served: `sitePath('learn/')`. */
export function sitePath(path: string): string {
  return import.meta.env.BASE_URL.replace(/\/?$/, '/') + path.replace(/^\//, '');
}
