import type { Chart, Plugin } from 'chart.js'
import type { BarModel } from './model.ts'

const GAP = 6

function barEnd(chart: Chart, datasetIndex: number, index: number): { x: number; y: number } | undefined {
  const bar = chart.getDatasetMeta(datasetIndex).data[index]
  return bar === undefined ? undefined : { x: bar.x, y: bar.y }
}

/** Writes the model's labels at the end of its bars; a stack has its label at the end of the topmost series. */
export function barLabels(model: BarModel, colour: string, font: string): Plugin {
  return {
    id: 'bar-labels',
    afterDatasetsDraw(chart) {
      const { ctx } = chart
      ctx.save()
      ctx.fillStyle = colour
      ctx.font = `600 12px ${font}`
      ctx.textAlign = model.horizontal ? 'left' : 'center'
      ctx.textBaseline = model.horizontal ? 'middle' : 'bottom'
      model.labels?.forEach((texts, series) => {
        const dataset = model.stacked ? model.series.length - 1 : series
        if (!chart.isDatasetVisible(dataset)) return
        texts.forEach((text, index) => {
          const end = barEnd(chart, dataset, index)
          if (end === undefined) return
          ctx.fillText(text, end.x + (model.horizontal ? GAP : 0), end.y - (model.horizontal ? 0 : GAP / 2))
        })
      })
      ctx.restore()
    },
  }
}
