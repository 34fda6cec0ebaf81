import type { BrowserWindow, Dialog } from 'electron'

const DISCARD = 1

/**
 * Asks before a window with unsaved changes closes. The page says so by its `beforeunload` handler; without this,
 * Electron would leave the window open and say nothing.
 */
export function setupUnsavedGuard(window: BrowserWindow, dialog: Pick<Dialog, 'showMessageBoxSync'>): void {
  window.webContents.on('will-prevent-unload', (event) => {
    const answer = dialog.showMessageBoxSync(window, {
      type: 'question',
      message: 'The project has unsaved changes.',
      buttons: ['Keep it open', 'Discard the changes'],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    })
    // Preventing the page's prevention lets the window close.
    if (answer === DISCARD) event.preventDefault()
  })
}
