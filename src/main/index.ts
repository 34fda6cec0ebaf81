import { join } from 'node:path'
import type { BrowserWindow } from 'electron'
import { app, dialog, ipcMain, Menu, protocol, session } from 'electron'
import { createHandlers } from './handlers/create-handlers.ts'
import { createLabFiles } from './handlers/lab-files.ts'
import { createDispatch } from './ipc/dispatch.ts'
import { setupRegistrar } from './ipc/registrar.ts'
import { LAB_ORIGIN } from './ipc/trusted-page.ts'
import { PACKAGE_ROOT, RENDERER_DIR, RESOURCES_DIR } from './package-root.ts'
import { RunManager } from './runs/run-manager.ts'
import { registerAppScheme, setupAppProtocol } from './window/app-protocol.ts'
import { createElectronHost } from './window/electron-host.ts'
import { openMainWindow } from './window/main-window.ts'
import { setupMenu } from './window/menu.ts'
import { setupNavigationRules } from './window/navigation-rules.ts'
import { createEmit } from './window/send-events.ts'
import { setupSessionRules } from './window/session-rules.ts'
import { setupUnsavedGuard } from './window/unsaved-guard.ts'

/** The desktop application. What must happen before the app is ready stands first; the rest follows in order. */

/** Set by `npm run dev` only; a packaged application never loads a page from a server. */
const devUrl = app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL
const devOrigin = devUrl === undefined ? null : new URL(devUrl).origin
let window: BrowserWindow | null = null

app.enableSandbox()
registerAppScheme(protocol)
setupNavigationRules(app)

function openWindow(): void {
  window = openMainWindow(devUrl ?? `${LAB_ORIGIN}/`)
  setupUnsavedGuard(window, dialog)
  window.once('closed', () => (window = null))
}

function start(): void {
  setupSessionRules(session.defaultSession, devOrigin)
  setupAppProtocol(protocol, RENDERER_DIR)

  const emit = createEmit(() => window)
  const runs = new RunManager({
    resourcesDir: RESOURCES_DIR,
    workerFile: join(PACKAGE_ROOT, 'out', 'main', 'run-worker.js'),
    emit,
  })
  const files = createLabFiles({ resourcesDir: RESOURCES_DIR, userDataDir: app.getPath('userData') })
  const host = createElectronHost({ app, dialog, window: () => window })
  const dispatch = createDispatch(createHandlers(host, files, runs), (error) => console.error(error))
  setupRegistrar(ipcMain, dispatch, devOrigin === null ? [LAB_ORIGIN] : [LAB_ORIGIN, devOrigin])
  setupMenu(Menu, (command) => emit('menu.command', { command }))

  openWindow()
  app.on('activate', () => {
    if (window === null) openWindow()
  })
  app.on('window-all-closed', () => {
    void runs.close().then(() => {
      if (process.platform !== 'darwin') app.quit()
    })
  })
}

void app.whenReady().then(start)
