import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { answers, electronArchiveUrl, findElectron } from './electron-binary.mjs'
import { ensureBuilt, ROOT } from './ensure-built.mjs'
import { decideStart, earlyEnd, fallbackLine } from './start-decision.mjs'

/** `npm start`: the desktop window where it can open, else the same lab in the browser. */

/** Ending this program ends what it started. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const PROBE_LIMIT_MS = 4000
const DOWNLOAD_LIMIT_MS = 15 * 60 * 1000

/** @returns {Promise<{ code: number | null, signal: string | null, afterMs: number }>} */
function run(command, args, options = {}) {
  const started = Date.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
    const passOn = (signal) => child.kill(signal)
    for (const signal of SIGNALS) process.on(signal, passOn)
    const end = (code, signal) => {
      for (const each of SIGNALS) process.off(each, passOn)
      resolve({ code, signal, afterMs: Date.now() - started })
    }
    child.once('error', () => end(127, null))
    child.once('exit', end)
  })
}

function look() {
  return decideStart({
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasDisplay: Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY),
    electronPath: findElectron(ROOT),
    downloadWanted: !process.env.ELECTRON_SKIP_BINARY_DOWNLOAD,
  })
}

/** Downloads Electron when its server answers in time, however long the download itself then takes. */
async function download() {
  const url = electronArchiveUrl(ROOT)
  if (!(await answers(url, PROBE_LIMIT_MS))) {
    return {
      kind: 'browser',
      reason: `Electron is not downloaded yet, and ${new URL(url).host} does not answer`,
    }
  }
  console.log('Downloading Electron (about 110 MB, once)...')
  const { code } = await run(process.execPath, [join(ROOT, 'node_modules/electron/install.js')], {
    timeout: DOWNLOAD_LIMIT_MS,
  })
  const path = findElectron(ROOT)
  return code === 0 && path !== null
    ? { kind: 'electron', path }
    : { kind: 'browser', reason: 'the download of Electron failed' }
}

async function serve(reason) {
  console.log(fallbackLine(reason))
  const { code } = await run(process.execPath, [join(ROOT, 'bin/dmalab.mjs'), 'serve'])
  return code ?? 1
}

async function start() {
  if (!ensureBuilt()) return 1
  const first = look()
  const decision = first.kind === 'try-download' ? await download() : first
  if (decision.kind === 'browser') return await serve(decision.reason)
  const ended = await run(decision.path, [ROOT])
  const reason = earlyEnd(ended)
  return reason === null ? (ended.code ?? 0) : await serve(reason)
}

process.exitCode = await start()
