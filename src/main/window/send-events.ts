import type { BrowserWindow } from 'electron'
import type { Emit } from '../handlers/host.ts'

/** Events go to the window's page under their own names; once it is closed they go nowhere. */
export function createEmit(window: () => BrowserWindow | null): Emit {
  return (event, payload) => {
    const target = window()
    if (target !== null && !target.isDestroyed()) target.webContents.send(event, payload)
  }
}
