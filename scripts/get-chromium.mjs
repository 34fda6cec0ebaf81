import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './ensure-built.mjs'
import { findChromium } from './find-chromium.mjs'

const PLAYWRIGHT_LIMIT_MS = 90_000
const APT_LIMIT_MS = 240_000

function run(command, args, timeout) {
  return (
    spawnSync(command, args, {
      cwd: ROOT,
      stdio: 'inherit',
      timeout,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  )
}

function mayUseApt() {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

function installByPlaywright() {
  console.log('No Chromium found; trying "playwright install chromium".')
  return run(
    process.execPath,
    [join(ROOT, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'],
    PLAYWRIGHT_LIMIT_MS,
  )
}

function installByApt() {
  console.log('Trying "apt-get install chromium".')
  const packages = ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']
  return run('apt-get', ['update', '-qq'], APT_LIMIT_MS) && run('apt-get', packages, APT_LIMIT_MS)
}

/**
 * A Chromium for the end-to-end tests, installed when there is none: by Playwright, else from the system's packages
 * when that is allowed.
 * @returns {Promise<string | null>} null when none can be had here
 */
export async function getChromium() {
  const present = await findChromium()
  if (present !== null) return present
  // Playwright's browser needs system libraries, so a successful download may still not start.
  if (installByPlaywright()) {
    const installed = await findChromium()
    if (installed !== null) return installed
  }
  if (mayUseApt()) installByApt()
  return await findChromium()
}
