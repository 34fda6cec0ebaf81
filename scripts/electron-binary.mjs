import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const EXECUTABLES = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }

/**
 * Path of Electron's executable, or null. Looks only; importing the `electron` package would start a download.
 * @param {string} root the folder of package.json
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} platform
 */
export function findElectron(root, env = process.env, platform = process.platform) {
  const folder = env.ELECTRON_OVERRIDE_DIST_PATH || join(root, 'node_modules/electron/dist')
  const path = join(folder, EXECUTABLES[platform] ?? 'electron')
  return existsSync(path) ? path : null
}

/**
 * Address of the archive that `install-electron` would download.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env ELECTRON_MIRROR names another place than GitHub
 */
export function electronArchiveUrl(
  root,
  env = process.env,
  platform = process.platform,
  arch = process.arch,
) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'))
  const mirror =
    env.ELECTRON_MIRROR ||
    env.npm_config_electron_mirror ||
    'https://github.com/electron/electron/releases/download/'
  return `${mirror}v${version}/electron-v${version}-${platform}-${arch}.zip`
}

/**
 * Whether a server answers for an address within the time limit; a redirect is an answer.
 * @param {string} url
 * @param {number} limitMs
 */
export async function answers(url, limitMs) {
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    })
    return response.status < 400
  } catch {
    return false
  }
}
