import { EventEmitter } from 'node:events'
import { onControl } from './control.mjs'

class App extends EventEmitter {
  isPackaged = false
  sandboxEnabled = false
  ready = false

  async whenReady() {
    await Promise.resolve()
    this.ready = true
  }

  enableSandbox() {
    if (this.ready) throw new Error('app.enableSandbox must be called before the app is ready')
    this.sandboxEnabled = true
  }

  getName() {
    return 'dmalab'
  }

  getVersion() {
    return '0.0.0-stand-in'
  }

  getPath(_name) {
    return process.env.STAND_IN_USER_DATA
  }

  quit() {
    setImmediate(() => process.exit(0))
  }
}

export const app = new App()
onControl('sandbox', () => app.sandboxEnabled)
