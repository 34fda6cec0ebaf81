import type { App, Event, WebContents } from 'electron'

function prevent(event: Pick<Event, 'preventDefault'>): void {
  event.preventDefault()
}

/** The page never leaves its address, opens no window and embeds no other page; reloading stays possible. */
export function setupNavigationRules(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    contents.on('will-navigate', (event) => {
      if (event.url !== contents.getURL()) event.preventDefault()
    })
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame) event.preventDefault()
    })
    contents.on('will-redirect', prevent)
    contents.on('will-attach-webview', prevent)
  })
}
