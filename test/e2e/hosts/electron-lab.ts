import { join } from 'node:path'
import { _electron } from '@playwright/test'
import { findElectron } from '../../../scripts/electron-binary.mjs'
import type { DesktopLab } from './desktop-lab.ts'
import { ROOT } from './root.ts'

/** Path of an Electron that can run here, or null; on Linux it needs a display. */
export function usableElectron(): string | null {
  const hasDisplay = Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)
  return process.platform === 'linux' && !hasDisplay ? null : findElectron(ROOT)
}

/** Runs the application in Electron itself. */
export async function startElectron(tempDir: string, executablePath: string): Promise<DesktopLab> {
  const sandbox = process.platform === 'linux' ? ['--no-sandbox'] : []
  const app = await _electron.launch({
    executablePath,
    args: [ROOT, `--user-data-dir=${join(tempDir, 'user-data')}`, ...sandbox],
  })
  return {
    page: await app.firstWindow(),
    answerDialog: (path) =>
      app.evaluate(({ dialog }, answer) => {
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [answer] })
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: answer })
      }, path),
    chooseMenu: (id) =>
      app.evaluate(({ Menu }, item) => void Menu.getApplicationMenu()?.getMenuItemById(item)?.click(), id),
    close: () => app.close(),
  }
}
