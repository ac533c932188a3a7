/**
 * Styles of a chunk that is imported later (Monaco's) are loaded with it. Astro links styles into pages and
 * drops those that no page names; marking them as assets of their chunk keeps the file, and Vite's import
 * helper then loads it before the chunk runs.
 */
interface Chunk {
  type: string;
  viteMetadata?: { importedCss: Set<string>; importedAssets: Set<string> };
}

export const lazyStyles = () => ({
  name: 'lazy-styles',
  applyToEnvironment: (environment: { name: string }) => environment.name === 'client',
  generateBundle(_options: unknown, bundle: Record<string, Chunk>) {
    for (const { viteMetadata } of Object.values(bundle)) {
      for (const style of viteMetadata?.importedCss ?? []) viteMetadata!.importedAssets.add(style);
    }
  },
});
