import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
}

/**
 * Places where a Chromium may be, best first.
 * @param {NodeJS.ProcessEnv} env DMALAB_CHROMIUM names one
 * @param {NodeJS.Platform} platform
 * @param {string} [bundled] where Playwright's own would be
 */
export function chromiumCandidates(env, platform, bundled) {
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const found = NAMES.flatMap((name) => onPath.map((folder) => join(folder, name)))
  return [env.DMALAB_CHROMIUM, ...found, ...(PLACES[platform] ?? []), bundled].filter(
    (path) => path !== undefined && path !== '',
  )
}

/** A package's stub, or a browser whose libraries are missing, is there but does not start. */
function starts(path) {
  if (process.platform === 'win32') return true
  return spawnSync(path, ['--version'], { timeout: 10_000 }).status === 0
}

async function bundledChromium() {
  const { chromium } = await import('playwright-core')
  return chromium.executablePath()
}

/**
 * Path of a Chromium that starts, or null: DMALAB_CHROMIUM, one of this computer, or the one that Playwright installed.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | null>}
 */
export async function findChromium(env = process.env) {
  const candidates = chromiumCandidates(env, process.platform, await bundledChromium())
  return candidates.find((path) => existsSync(path) && starts(path)) ?? null
}
