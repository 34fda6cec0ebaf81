import { defineConfig } from '@playwright/test'
import { findChromium } from './scripts/find-chromium.mjs'

const executablePath = await findChromium()
/** `--project screenshots` names it; the environment tells Playwright's worker processes, which read this file too. */
if (process.argv.includes('screenshots')) process.env.DMALAB_SCREENSHOTS = '1'
const isRoot = process.getuid?.() === 0

/** End-to-end tests of the built lab; `npm run build` comes first. The fixtures start the hosts, so nothing else runs beside. */
export default defineConfig({
  testDir: 'test/e2e',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  outputDir: 'test-results',
  use: {
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      ...(executablePath === null ? {} : { executablePath }),
      args: isRoot ? ['--no-sandbox'] : [],
    },
  },
  projects: [
    { name: 'browser', testMatch: 'browser/*.spec.ts' },
    { name: 'desktop', testMatch: 'desktop/*.spec.ts' },
    // Only when asked for: npx playwright test --project screenshots
    ...(process.env.DMALAB_SCREENSHOTS === '1'
      ? [{ name: 'screenshots', testMatch: 'screenshots.spec.ts' }]
      : []),
  ],
})
