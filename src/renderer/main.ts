import './no-eval.ts'
import '@fontsource/inter/latin-400.css'
import '@fontsource/inter/latin-500.css'
import '@fontsource/inter/latin-600.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/layout.css'
import './styles/panels.css'
import './styles/dialogs.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { connectToHost } from './bridge/host.ts'
import { connectionKey } from './bridge/key.ts'

/** Charts measure text while they draw, so the fonts come first; without them the system's font is good enough. */
async function loadFonts(): Promise<void> {
  await Promise.allSettled(['400', '500', '600'].map((weight) => document.fonts.load(`${weight} 12px Inter`)))
}

await loadFonts()
createApp(App).provide(connectionKey, connectToHost(window)).use(createPinia()).mount('#app')
