import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useConnection } from '../bridge/key.ts'
import type { ConnectionState } from '../bridge/connection.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
export type Tab = 'machine' | 'workload' | 'results' | 'project'

const THEME = 'dmalab.theme'

function rememberedTheme(): Theme {
  const text = localStorage.getItem(THEME)
  return THEMES.find((theme) => theme === text) ?? 'system'
}

/** What the window shows, apart from the project. */
export const useUi = defineStore('ui', () => {
  const connection = useConnection()
  const view = ref<'start' | 'lab'>('start')
  const tab = ref<Tab>('machine')
  const theme = ref(rememberedTheme())
  const connectionState = ref<ConnectionState>('connecting')
  const darkSystem = matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(darkSystem.matches)
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemIsDark.value))

  darkSystem.addEventListener('change', () => (systemIsDark.value = darkSystem.matches))
  connection.onState((state) => (connectionState.value = state))
  watch(dark, (isDark) => (document.documentElement.dataset.theme = isDark ? 'dark' : 'light'), {
    immediate: true,
  })

  /** System, light, dark, and round again. */
  function nextTheme(): void {
    theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
    localStorage.setItem(THEME, theme.value)
  }

  return { view, tab, theme, dark, connectionState, nextTheme, reconnect: () => connection.reconnect() }
})
