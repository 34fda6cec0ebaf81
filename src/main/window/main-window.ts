import { join } from 'node:path'
import { BrowserWindow } from 'electron'
import { PACKAGE_ROOT } from '../package-root.ts'

/** Opens the lab's window at `pageUrl`, sandboxed and without Node. */
export function openMainWindow(pageUrl: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1360,
    height: 860,
    minWidth: 900,
    minHeight: 600,
    title: 'DMA Lab',
    show: false,
    webPreferences: {
      preload: join(PACKAGE_ROOT, 'out', 'preload', 'index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  void window.loadURL(pageUrl)
  return window
}
