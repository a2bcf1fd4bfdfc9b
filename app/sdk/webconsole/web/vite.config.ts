import { defineConfig } from 'vite';

// The names are the same for each build: the service embeds the files, and browsers ask by their tags whether they changed.
export default defineConfig({
  base: '/console/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/console.js',
        assetFileNames: 'assets/console[extname]',
        inlineDynamicImports: true,
      },
    },
  },
});
