import type {
  Chart,
  ChartConfiguration,
  ChartDataset,
  ChartOptions,
  LegendItem,
  Plugin,
  ScaleOptions,
} from 'chart.js'
import { formatNumber } from '../format/quantity.ts'
import { barLabels } from './bar-labels.ts'
import { CHART_FONT } from './font.ts'
import { hatch } from './hatch.ts'
import type { BarModel, ChartModel, LineModel } from './model.ts'
import { colourOf, dashOf, hatchOf } from './palette.ts'
import type { ChartTheme } from './palette.ts'

/** Space for labels beside horizontal bars, in pixels. */
const ROOM_FOR_LABELS = 48

type Kinds = 'line' | 'bar'
type Scales = NonNullable<ChartOptions<Kinds>['scales']>

export interface ChartLook {
  readonly theme: ChartTheme
  readonly logarithmic: boolean
  /** Lines of a title inside the picture. */
  readonly title: readonly string[]
}

function lineDatasets(model: LineModel, theme: ChartTheme): ChartDataset<Kinds>[] {
  return model.series.map(({ label, ink, points }, index) => ({
    label,
    // Later lines lie on top, so that a dashed one shows where it covers a solid one.
    order: -index,
    data: points.map((point) => ({ ...point })),
    borderColor: colourOf(ink, theme),
    backgroundColor: colourOf(ink, theme),
    borderDash: dashOf(ink),
    borderWidth: 2,
    pointRadius: points.length === 1 ? 4 : 0,
    pointHitRadius: 8,
  }))
}

function barDatasets(model: BarModel, theme: ChartTheme): ChartDataset<Kinds>[] {
  return model.series.map(({ label, ink, values }) => {
    const colour = colourOf(ink, theme)
    const lines = hatchOf(ink)
    return {
      label,
      data: [...values],
      backgroundColor: lines.length > 0 ? hatch(colour, theme.surface, lines) : colour,
      borderColor: model.stacked ? theme.surface : colour,
      borderWidth: 1,
      borderSkipped: false,
      maxBarThickness: 64,
    }
  })
}

function axis(title: string, theme: ChartTheme, withGrid: boolean) {
  return {
    title: { display: true, text: title, color: theme.faint },
    ticks: { color: theme.faint },
    grid: { color: theme.grid, display: withGrid },
    border: { color: theme.grid },
  } satisfies ScaleOptions<'linear'>
}

const showNumber = (value: string | number): string => formatNumber(Number(value))

function scalesOf(model: ChartModel, look: ChartLook): Scales {
  const { theme } = look
  if (model.kind === 'line') {
    const last = Math.max(...model.series.flatMap((series) => series.points.map((point) => point.x)))
    return {
      x: { ...axis(model.xTitle, theme, false), type: 'linear', min: 0, suggestedMax: last },
      y: { ...axis(model.yTitle, theme, true), type: 'linear', beginAtZero: true },
    }
  }
  const [categoryTitle, valueTitle] = model.horizontal
    ? [model.yTitle, model.xTitle]
    : [model.xTitle, model.yTitle]
  const common = {
    ...axis(valueTitle, theme, true),
    stacked: model.stacked,
    ticks: { color: theme.faint, callback: showNumber, maxTicksLimit: 8 },
  }
  const grace = model.labels === null ? 0 : '12%'
  const values: NonNullable<Scales[string]> =
    look.logarithmic && model.canBeLogarithmic
      ? { ...common, type: 'logarithmic' }
      : { ...common, type: 'linear', beginAtZero: true, grace }
  const categories = {
    ...axis(categoryTitle, theme, false),
    type: 'category' as const,
    stacked: model.stacked,
  }
  return model.horizontal ? { x: values, y: categories } : { x: categories, y: values }
}

/** Legend entries that show a line's dashes, which Chart.js's own entries leave out. */
function lineLegend(model: LineModel, theme: ChartTheme) {
  return {
    usePointStyle: true,
    pointStyleWidth: 32,
    generateLabels: (chart: Chart): LegendItem[] =>
      model.series.map(({ label, ink }, datasetIndex) => ({
        text: label,
        datasetIndex,
        hidden: !chart.isDatasetVisible(datasetIndex),
        pointStyle: 'line',
        strokeStyle: colourOf(ink, theme),
        fontColor: theme.text,
        lineWidth: 2,
        lineDash: dashOf(ink),
      })),
  }
}

function tooltipLabel(model: ChartModel, seriesLabel: string, value: number): string {
  const axisTitle = model.kind === 'bar' && model.horizontal ? model.xTitle : model.yTitle
  const unit = /\(([^)]+)\)$/.exec(axisTitle)?.[1]
  return `${seriesLabel}: ${formatNumber(value)}${unit === undefined ? '' : ` ${unit}`}`
}

function valueOf(
  model: ChartModel,
  parsed: { readonly x: number | null; readonly y: number | null },
): number {
  return (model.kind === 'bar' && model.horizontal ? parsed.x : parsed.y) ?? 0
}

/** Chart.js's description of a model. Nothing is animated, so a chart is complete as soon as it is drawn. */
export function chartConfig(model: ChartModel, look: ChartLook): ChartConfiguration<Kinds> {
  const { theme } = look
  const plugins: Plugin<Kinds>[] =
    model.kind === 'bar' && model.labels !== null ? [barLabels(model, theme.text, CHART_FONT)] : []
  return {
    type: model.kind,
    data:
      model.kind === 'line'
        ? { datasets: lineDatasets(model, theme) }
        : { labels: [...model.categories], datasets: barDatasets(model, theme) },
    plugins,
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      color: theme.text,
      layout: { padding: { right: model.kind === 'bar' && model.horizontal ? ROOM_FOR_LABELS : 0 } },
      indexAxis: model.kind === 'bar' && model.horizontal ? 'y' : 'x',
      interaction:
        model.kind === 'line' ? { mode: 'index', intersect: false } : { mode: 'nearest', intersect: true },
      scales: scalesOf(model, look),
      plugins: {
        title: {
          display: look.title.length > 0,
          text: [...look.title],
          color: theme.text,
          font: { size: 16, weight: 600 },
          padding: { bottom: 12 },
        },
        legend: {
          position: 'bottom',
          labels: {
            color: theme.text,
            padding: 12,
            ...(model.kind === 'line' ? lineLegend(model, theme) : { boxWidth: 14, boxHeight: 12 }),
          },
        },
        tooltip: {
          callbacks: {
            label: (item) => tooltipLabel(model, item.dataset.label ?? '', valueOf(model, item.parsed)),
          },
        },
      },
    },
  }
}
