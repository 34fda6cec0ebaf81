import type { Layer, RunPath } from '../../shared/lab.ts'
import type { Ink } from './model.ts'

/**
 * Colours of charts: from the Okabe-Ito palette, which most kinds of colour blindness can tell apart. Eight paths are more than
 * colours alone tell apart, so each has dashes and a hatch of its own as well.
 */

export interface ChartTheme {
  readonly text: string
  readonly faint: string
  readonly grid: string
  readonly surface: string
  /** Colour of each I/O path, and of kernel loops, which have none. */
  readonly paths: Readonly<Record<RunPath, string>>
}

export const LIGHT: ChartTheme = {
  text: '#1b242d',
  faint: '#51606e',
  grid: '#e3e8ed',
  surface: '#ffffff',
  paths: {
    mapped: '#d55e00',
    embedded: '#8f4a1b',
    adjacent: '#a67c00',
    direct: '#0072b2',
    unmapped: '#00805f',
    kvabio: '#b0478a',
    'direct-map': '#6a51a3',
    copy: '#51606e',
    loop: '#0072b2',
  },
}

export const DARK: ChartTheme = {
  text: '#e8edf2',
  faint: '#a3b1be',
  grid: '#2c3742',
  surface: '#18212a',
  paths: {
    mapped: '#f0803c',
    embedded: '#d6a878',
    adjacent: '#e6c229',
    direct: '#56b4e9',
    unmapped: '#3fc49a',
    kvabio: '#e58cc4',
    'direct-map': '#b39ddb',
    copy: '#c3ccd4',
    loop: '#56b4e9',
  },
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

/** Directions of the lines of a hatch. */
export type HatchLine = 'up' | 'down' | 'level' | 'upright'

/** What tells a path's lines and bars from others without colour: dashes of its lines, and lines over its bars. */
interface Pattern {
  readonly dash: readonly number[]
  readonly hatch: readonly HatchLine[]
}

const PLAIN: Pattern = { dash: [], hatch: [] }

const patterns: Readonly<Record<RunPath, Pattern>> = {
  mapped: { dash: [], hatch: ['up'] },
  embedded: { dash: [12, 4], hatch: ['down'] },
  adjacent: { dash: [12, 4, 2, 4], hatch: ['up', 'down'] },
  direct: { dash: [7, 4], hatch: [] },
  unmapped: { dash: [2, 4], hatch: ['level'] },
  kvabio: { dash: [7, 4, 2, 4], hatch: ['upright'] },
  'direct-map': { dash: [4, 2], hatch: ['level', 'upright'] },
  copy: { dash: [7, 3, 2, 3, 2, 3], hatch: ['up', 'upright'] },
  loop: PLAIN,
}

/** The colour that an ink has under a theme. */
export function colourOf(ink: Ink, theme: ChartTheme): string {
  return ink.kind === 'layer'
    ? layers[ink.layer]
    : ((theme.paths as Readonly<Record<string, string>>)[ink.path] ?? theme.faint)
}

/** Dashes of a path's line: the first path is solid, so that lines differ without colour too. */
export function dashOf(ink: Ink): number[] {
  return [...patternOf(ink).dash]
}

/** Lines over an ink's bars, so that bars differ without colour too; none for plain ones. */
export function hatchOf(ink: Ink): readonly HatchLine[] {
  return patternOf(ink).hatch
}

function patternOf(ink: Ink): Pattern {
  if (ink.kind === 'layer') return PLAIN
  return (patterns as Readonly<Record<string, Pattern>>)[ink.path] ?? PLAIN
}
