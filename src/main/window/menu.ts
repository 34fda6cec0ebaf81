import type { Menu, MenuItemConstructorOptions } from 'electron'

/** Tells the page which command was chosen; the page knows whether it makes sense now. */
export type SendCommand = (command: string) => void

function command(
  send: SendCommand,
  id: string,
  label: string,
  accelerator?: string,
): MenuItemConstructorOptions {
  return { id, label, ...(accelerator === undefined ? {} : { accelerator }), click: () => send(id) }
}

/** The native menu. What concerns the project is a command of the page; the rest are Electron's own roles. */
export function menuTemplate(send: SendCommand, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin'
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        command(send, 'file.new', '&New project', 'CmdOrCtrl+N'),
        command(send, 'file.open', '&Open…', 'CmdOrCtrl+O'),
        { type: 'separator' },
        command(send, 'file.save', '&Save', 'CmdOrCtrl+S'),
        command(send, 'file.saveAs', 'Save &as…', 'CmdOrCtrl+Shift+S'),
        { type: 'separator' },
        { role: mac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Run',
      submenu: [
        command(send, 'run.start', '&Run', 'CmdOrCtrl+Enter'),
        command(send, 'run.cancel', '&Cancel', 'CmdOrCtrl+.'),
      ],
    },
    {
      label: '&View',
      submenu: [
        command(send, 'view.theme', '&Light or dark'),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
  ]
}

export function setupMenu(
  menu: Pick<typeof Menu, 'buildFromTemplate' | 'setApplicationMenu'>,
  send: SendCommand,
  platform: NodeJS.Platform = process.platform,
): void {
  menu.setApplicationMenu(menu.buildFromTemplate(menuTemplate(send, platform)))
}
