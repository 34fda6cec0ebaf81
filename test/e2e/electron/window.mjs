import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { app } from './app.mjs'
import { onControl, tell } from './control.mjs'
import { invokeHandler } from './ipc-main.mjs'
import { preloadFrame } from './preload-frame.mjs'
import { fetchFromScheme, isCancelled } from './session.mjs'
import { pack, unpack } from './transfer.mjs'

/** Chromium cannot load a scheme of its own here, so app://lab is this address, which exists nowhere. */
const PAGE_ORIGIN = 'https://lab.invalid'
const toApp = (url) => url.replace(PAGE_ORIGIN, 'app://lab')
const toPage = (url) => url.replace('app://lab', PAGE_ORIGIN)

const browser = chromium.connectOverCDP(process.env.STAND_IN_CDP)

class WebContents extends EventEmitter {
  #page = null
  #events = []
  #openHandler = () => ({ action: 'allow' })

  setWindowOpenHandler(handler) {
    this.#openHandler = handler
  }

  getURL() {
    return toApp(this.#page.url())
  }

  /** Events of one turn go to the page together. */
  send(channel, payload) {
    this.#events.push({ channel, payload })
    setImmediate(() => void this.#flush())
  }

  async open(url, preloadFile) {
    const [context] = (await browser).contexts()
    this.#page = await context.newPage()
    await this.#page.exposeBinding('standInInvoke', (source, channel, input) =>
      this.#invoke(source.frame, channel, input),
    )
    await this.#page.addInitScript(preloadFrame(readFileSync(preloadFile, 'utf8')))
    await this.#page.route('**/*', (route, request) => this.#route(route, request))
    this.#page.on('popup', (popup) => {
      if (this.#openHandler({ url: toApp(popup.url()) }).action === 'deny') void popup.close()
    })
    await this.#page.goto(toPage(url))
  }

  async close() {
    await this.#page.close()
  }

  async #flush() {
    if (this.#events.length === 0) return
    const events = pack(this.#events.splice(0))
    await this.#page.evaluate((text) => globalThis.standInReceive(text), events).catch(() => undefined)
  }

  async #invoke(frame, channel, input) {
    const parent = frame.parentFrame()
    const senderFrame = { url: toApp(frame.url()), parent: parent === null ? null : {} }
    try {
      const value = await invokeHandler(channel, { senderFrame }, unpack(input))
      // Events sent before the answer arrive before it.
      await this.#flush()
      return pack({ value })
    } catch (error) {
      return pack({ error: String(error) })
    }
  }

  #mayNavigate(request) {
    const url = toApp(request.url())
    const isMainFrame = request.frame().parentFrame() === null
    let prevented = false
    const event = { url, isMainFrame, preventDefault: () => (prevented = true) }
    // The first address comes from loadURL, which asks nobody.
    if (isMainFrame && this.#page.url() !== 'about:blank') this.emit('will-navigate', event)
    this.emit('will-frame-navigate', event)
    return !prevented
  }

  async #route(route, request) {
    const url = toApp(request.url())
    if (request.isNavigationRequest() && !this.#mayNavigate(request)) return await route.abort('aborted')
    if (await isCancelled(url)) {
      tell('cancelled', url)
      return await route.abort('blockedbyclient')
    }
    const response = await fetchFromScheme(url)
    if (response === null) return await route.abort('failed')
    const body = Buffer.from(await response.arrayBuffer())
    await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body })
  }
}

export class BrowserWindow extends EventEmitter {
  webContents = new WebContents()
  #preferences
  #destroyed = false

  constructor(options) {
    super()
    this.#preferences = options.webPreferences
    app.emit('web-contents-created', {}, this.webContents)
    onControl('preferences', () => this.#preferences)
    onControl('close', () => this.#close())
  }

  async loadURL(url) {
    await this.webContents.open(url, this.#preferences.preload)
    this.emit('ready-to-show')
  }

  show() {
    tell('shown', null)
  }

  isDestroyed() {
    return this.#destroyed
  }

  async #close() {
    this.#destroyed = true
    await this.webContents.close()
    this.emit('closed')
    app.emit('window-all-closed')
  }
}
