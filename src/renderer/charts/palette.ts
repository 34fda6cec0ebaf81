import type { Layer } from '../../shared/lab.ts'
import type { Ink } from './model.ts'

/** Colours of charts: from the Okabe-Ito palette, which most kinds of colour blindness can tell apart. */

export interface ChartTheme {
  readonly text: string
  readonly faint: string
  readonly grid: string
  readonly surface: string
  /** Colour of each I/O path. */
  readonly paths: Readonly<Record<string, string>>
}

export const LIGHT: ChartTheme = {
  text: '#1b242d',
  faint: '#51606e',
  grid: '#e3e8ed',
  surface: '#ffffff',
  paths: { mapped: '#d55e00', direct: '#0072b2' },
}

export const DARK: ChartTheme = {
  text: '#e8edf2',
  faint: '#a3b1be',
  grid: '#2c3742',
  surface: '#18212a',
  paths: { mapped: '#f0803c', direct: '#56b4e9' },
}

const layers: Readonly<Record<Layer, string>> = {
  syscall: '#8a8f98',
  copy: '#56b4e9',
  bufcache: '#0072b2',
  mapping: '#e69f00',
  shootdown: '#d55e00',
  msf_buf: '#009e73',
  cam: '#cc79a7',
  busdma: '#f0e442',
  driver: '#9c6b3f',
  interrupt: '#7b6bc4',
}

/** The colour that an ink has under a theme. */
export function colourOf(ink: Ink, theme: ChartTheme): string {
  return ink.kind === 'layer' ? layers[ink.layer] : (theme.paths[ink.path] ?? theme.faint)
}

/** Dashes of a path's line: the first path is solid, so that lines differ without colour too. */
export function dashOf(ink: Ink): number[] {
  return ink.kind === 'path' && ink.path === 'direct' ? [7, 4] : []
}

/** True for inks whose bars are hatched, so that bars differ without colour too. */
export function isHatched(ink: Ink): boolean {
  return ink.kind === 'path' && ink.path === 'mapped'
}
