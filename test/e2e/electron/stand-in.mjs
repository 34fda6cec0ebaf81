/**
 * The part of Electron that the main process uses, over a page of a running Chromium, so that the built main process and
 * preload script can be driven where Electron's own binary cannot run. What it cannot show: Electron's own V8, an
 * isolated world, the operating system's sandbox, native dialogs and menus.
 */
export { app } from './app.mjs'
export { ipcMain } from './ipc-main.mjs'
export { dialog, Menu } from './native.mjs'
export { protocol, session } from './session.mjs'
export { BrowserWindow } from './window.mjs'
