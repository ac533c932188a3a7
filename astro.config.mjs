import mdx from '@astrojs/mdx';
import preact from '@astrojs/preact';
import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { lazyStyles } from './src/build/lazy-styles.ts';
import { offline } from './src/build/offline.ts';
import { preload } from './src/build/preload.ts';
import { unbrokenWords } from './src/build/unbroken-words.ts';
import { WORKER_CHUNKS } from './src/build/worker-chunks.ts';

/** `--base /path/` puts the site under a path; nothing in it may assume the root. */
export default defineConfig({
  trailingSlash: 'ignore',
  integrations: [
    starlight({
      title: 'Slipway',
      description:
        'Learn to build and operate cloud-native applications, with a Kubernetes cluster in your browser tab.',
      favicon: '/favicon.svg',
      customCss: ['./src/styles/fonts.css', './src/styles/theme.css', './src/styles/prose.css'],
      components: {
        Footer: './src/components/Footer.astro',
        Head: './src/components/Head.astro',
        Header: './src/components/Header.astro',
        PageTitle: './src/components/PageTitle.astro',
        SiteTitle: './src/components/SiteTitle.astro',
        TwoColumnContent: './src/components/TwoColumnContent.astro',
      },
      expressiveCode: {
        themes: ['github-dark-default', 'github-light-default'],
        // A command is read whole, so it wraps; a manifest keeps its lines.
        defaultProps: { overridesByLang: { sh: { wrap: true, hangingIndent: 2 } } },
        plugins: [unbrokenWords()],
        styleOverrides: {
          borderRadius: '6px',
          borderColor: 'var(--line)',
          codeBackground: 'var(--paper-sunk)',
          frames: {
            shadowColor: 'transparent',
            terminalBackground: 'var(--paper-sunk)',
            editorBackground: 'var(--paper-sunk)',
          },
        },
      },
    }),
    mdx(),
    preact(),
    preload(),
    // Last: it lists what the others have written.
    offline(),
  ],
  vite: {
    plugins: [lazyStyles()],
    // Starlight wants js-yaml 4 while 5 is at the root: bundle Starlight's own.
    environments: { prerender: { resolve: { noExternal: ['js-yaml'] } } },
    // Monaco's exports changed in 0.56.
    resolve: { alias: [{ find: /^monaco-editor\/esm\/vs\//, replacement: 'monaco-editor/' }] },
    worker: { format: 'es', rolldownOptions: { output: { codeSplitting: WORKER_CHUNKS } } },
    build: {
      target: 'es2023',
      // Of Astro's own "use astro:head-inject", once for each MDX file: Astro reads it before the bundler drops it.
      rolldownOptions: { checks: { moduleLevelDirective: false } },
    },
  },
});
