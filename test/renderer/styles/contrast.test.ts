import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DARK, LIGHT, colourOf, dashOf, hatchOf } from '../../../src/renderer/charts/palette.ts'
import { IO_PATHS } from '../../../src/shared/lab.ts'

type Colours = Readonly<Record<string, string>>

function coloursOf(block: string): Colours {
  const pairs = [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)]
  return Object.fromEntries(pairs.map(([, name = '', colour = '']) => [name, colour]))
}

// Vitest empties imported style sheets, so the file is read instead.
const tokens = readFileSync('src/renderer/styles/tokens.css', 'utf8')
const [light = '', dark = ''] = tokens.split(":root[data-theme='dark']")
const themes: readonly [string, Colours][] = [
  ['light', coloursOf(light)],
  ['dark', { ...coloursOf(light), ...coloursOf(dark) }],
]

function luminance(colour: string): number {
  const channel = (at: number): number => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

describe.each(themes)('the %s theme', (_, colours) => {
  it.each([
    ['text', 'ground'],
    ['text', 'surface'],
    ['faint', 'ground'],
    ['faint', 'surface'],
    ['faint', 'surface-2'],
    ['accent', 'ground'],
    ['accent', 'surface'],
    ['accent', 'surface-2'],
    ['text', 'accent-soft'],
    ['accent', 'accent-soft'],
    ['on-accent', 'accent'],
    ['good', 'surface'],
    ['good', 'surface-2'],
    ['bad', 'surface'],
    ['bad', 'surface-2'],
    ['bad', 'bad-soft'],
    ['warn', 'surface'],
    ['warn', 'warn-soft'],
  ])('keeps 4.5:1 between %s and %s', (text, ground) => {
    expect(contrast(colours[text]!, colours[ground]!)).toBeGreaterThanOrEqual(4.5)
  })

  it('keeps 3:1 for the lines of controls', () => {
    expect(contrast(colours['line-strong']!, colours.surface!)).toBeGreaterThanOrEqual(3)
  })
})

it.each([LIGHT, DARK])('draws paths with 3:1 against the chart’s ground', (theme) => {
  for (const colour of Object.values(theme.paths))
    expect(contrast(colour, theme.surface)).toBeGreaterThanOrEqual(3)
  expect(contrast(theme.faint, theme.surface)).toBeGreaterThanOrEqual(4.5)
})

it('gives every path a colour, dashes and a hatch that no other has', () => {
  const inks = IO_PATHS.map((path) => ({ kind: 'path', path }) as const)
  for (const theme of [LIGHT, DARK])
    expect(new Set(inks.map((ink) => colourOf(ink, theme))).size).toBe(IO_PATHS.length)
  expect(new Set(inks.map((ink) => dashOf(ink).join())).size).toBe(IO_PATHS.length)
  expect(new Set(inks.map((ink) => hatchOf(ink).join())).size).toBe(IO_PATHS.length)
})
