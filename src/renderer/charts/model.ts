import type { Layer } from '../../shared/lab.ts'

/** What a chart shows, apart from theme, size and drawing library. */

export type CellValue = string | number

/** A table with its header row, for the CSV file of a chart. */
export type Table = readonly (readonly CellValue[])[]

/** What a series stands for; the palette gives each its colour and pattern. */
export type Ink =
  { readonly kind: 'path'; readonly path: string } | { readonly kind: 'layer'; readonly layer: Layer }

interface ChartBase {
  /** Part of test ids and file names. */
  readonly id: string
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
  /** One sentence that says what the chart shows, for those who do not see it. */
  readonly summary: string
  readonly table: Table
}

export interface LineModel extends ChartBase {
  readonly kind: 'line'
  readonly series: readonly {
    readonly label: string
    readonly ink: Ink
    readonly points: readonly { readonly x: number; readonly y: number }[]
  }[]
}

export interface BarModel extends ChartBase {
  readonly kind: 'bar'
  readonly categories: readonly string[]
  readonly stacked: boolean
  readonly horizontal: boolean
  /** The value axis may be drawn with a logarithmic scale. */
  readonly canBeLogarithmic: boolean
  /** Text at the end of bars: of each bar, or of each category's whole stack. */
  readonly labels: readonly (readonly string[])[] | null
  readonly series: readonly {
    readonly label: string
    readonly ink: Ink
    readonly values: readonly number[]
  }[]
}

export type ChartModel = LineModel | BarModel
