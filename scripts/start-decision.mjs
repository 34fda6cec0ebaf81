/**
 * What `npm start` does first, and what it does when that does not work.
 */

/**
 * Decides from what can be seen at once; only `try-download` needs the network.
 * @param {{ platform: NodeJS.Platform, isRoot: boolean, hasDisplay: boolean, electronPath: string | null, downloadWanted: boolean }} seen
 * @returns {Decision}
 */
export function decideStart({ platform, isRoot, hasDisplay, electronPath, downloadWanted }) {
  if (platform === 'linux' && !hasDisplay) return { kind: 'browser', reason: 'there is no display' }
  if (platform === 'linux' && isRoot)
    return { kind: 'browser', reason: 'Electron does not run sandboxed as root' }
  if (electronPath !== null) return { kind: 'electron', path: electronPath }
  if (!downloadWanted)
    return { kind: 'browser', reason: 'Electron is not downloaded, and ELECTRON_SKIP_BINARY_DOWNLOAD is set' }
  return { kind: 'try-download' }
}

/**
 * Why the window did not open, when Electron ended by itself so soon that nobody can have closed it; else null.
 * @param {{ code: number | null, signal: string | null, afterMs: number }} ended
 */
export function earlyEnd({ code, signal, afterMs }) {
  if (code === 0 || afterMs > 5000) return null
  return `Electron ended at once (${signal ?? `exit code ${code}`})`
}

/**
 * The one line that says what happens instead.
 * @param {string} reason
 */
export function fallbackLine(reason) {
  return `No desktop window: ${reason}. Serving the lab to your browser instead; open this address:`
}
