import { createPinia, setActivePinia } from 'pinia'
import { createApp } from 'vue'
import { connectionKey } from '../../src/renderer/bridge/key.ts'
import type { FakeHost } from './fake-bridge.ts'

/** Runs a function where stores and `inject` work, with the fake host behind them. */
export function withStores<T>(host: FakeHost, make: () => T): T {
  const pinia = createPinia()
  const app = createApp({ render: () => null })
  app.provide(connectionKey, host.connection).use(pinia)
  setActivePinia(pinia)
  return app.runWithContext(make)
}
