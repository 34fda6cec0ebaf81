import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What the build leaves behind; index.html is written last. */
const PRODUCTS = [
  'out/main/index.js',
  'out/main/cli.js',
  'out/main/run-worker.js',
  'out/preload/index.cjs',
  'out/renderer/index.html',
]
/** Sources, and the profiles that are built in. */
const FOLDERS = ['src', 'resources']
const SETTINGS = [
  'electron.vite.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.node.json',
  'tsconfig.web.json',
]

function newestIn(directory) {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const times = entries.map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs)
  return Math.max(statSync(directory).mtimeMs, ...times)
}

/**
 * Whether the build is missing or older than what it is made from. An installation without sources is never stale.
 * @param {string} root the folder of package.json
 */
export function isStale(root) {
  const products = PRODUCTS.map((file) => join(root, file))
  if (!products.every((file) => existsSync(file))) return true
  if (!existsSync(join(root, 'src'))) return false
  const inRoot = (names) => names.map((name) => join(root, name)).filter((path) => existsSync(path))
  const newest = Math.max(
    ...inRoot(FOLDERS).map((folder) => newestIn(folder)),
    ...inRoot(SETTINGS).map((file) => statSync(file).mtimeMs),
  )
  return newest > Math.min(...products.map((file) => statSync(file).mtimeMs))
}

/**
 * Builds when that is needed, with the build's own output on stderr only when it fails.
 * @param {string} [root]
 * @returns {boolean} false when the build failed; what went wrong was printed
 */
export function ensureBuilt(root = ROOT) {
  if (!isStale(root)) return true
  const electronVite = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  if (!existsSync(electronVite)) {
    console.error('DMA Lab is not built, and its packages are not installed. Run "npm ci" first.')
    return false
  }
  console.error('Building DMA Lab (only after a change)...')
  const build = spawnSync(process.execPath, [electronVite, 'build'], { cwd: root, encoding: 'utf8' })
  if (build.status === 0) return true
  console.error(`${build.stdout}${build.stderr}\nThe build failed; see above.`)
  return false
}
