import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import { ariaLanguages } from './scripts/aria-languages.ts';
import { firstLoadBudget } from './scripts/first-load-budget.ts';
import { styleHashes } from './scripts/style-hashes.ts';

const api = process.env.FLEETGUARD_API ?? 'http://127.0.0.1:8000';
const proxy = Object.fromEntries(['/api', '/sse', '/health', '/ready'].map((path) => [path, api]));

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    ariaLanguages(['en-US', 'de-DE']),
    styleHashes(),
    firstLoadBudget(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'worker.ts',
      outDir: 'dist',
      injectRegister: null,
      injectManifest: { globPatterns: ['**/*.{js,css,html,svg,woff2}'] },
      manifest: {
        id: '/',
        name: 'FleetGuard',
        short_name: 'FleetGuard',
        description: 'Live alerts from your vehicles, with the reasons and what to do.',
        start_url: '/alerts',
        display: 'standalone',
        background_color: '#f4f6f8',
        theme_color: '#0f1b33',
        categories: ['business', 'productivity'],
        icons: [
          { src: '/icons/fleetguard.svg', sizes: 'any', type: 'image/svg+xml' },
          { src: '/icons/fleetguard-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icons/fleetguard-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icons/fleetguard-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
        shortcuts: [
          { name: 'Alerts', url: '/alerts' },
          { name: 'Vehicles', url: '/vehicles' },
        ],
      },
    }),
  ],
  resolve: { tsconfigPaths: true },
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'baseline-widely-available' },
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: 'src/testing.ts',
    css: true,
    restoreMocks: true,
  },
});
