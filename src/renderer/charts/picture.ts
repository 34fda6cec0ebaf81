import type { Plugin } from 'chart.js'
import { chartConfig } from './config.ts'
import { Chart } from './library.ts'
import type { ChartModel } from './model.ts'
import { LIGHT } from './palette.ts'

const WIDTH = 960
const HEIGHT = 540
const RESOLUTION = 2

const whiteGround: Plugin = {
  id: 'white-ground',
  beforeDraw({ ctx, width, height }) {
    ctx.save()
    ctx.fillStyle = LIGHT.surface
    ctx.fillRect(0, 0, width, height)
    ctx.restore()
  },
}

function pngOf(canvas: HTMLCanvasElement): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The picture could not be encoded as PNG.'))
      else resolve(blob.arrayBuffer().then((buffer) => new Uint8Array(buffer)))
    }, 'image/png')
  })
}

/**
 * A chart as a PNG for a paper: 1920 by 1080 pixels, light on white whatever the app's theme, with its title.
 * @param caption second line of the title: what was run
 */
export async function chartPng(
  model: ChartModel,
  caption: string,
  logarithmic: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const config = chartConfig(model, { theme: LIGHT, logarithmic, title: [model.title, caption] })
  const chart = new Chart(canvas, {
    ...config,
    plugins: [whiteGround, ...(config.plugins ?? [])],
    options: {
      ...config.options,
      responsive: false,
      devicePixelRatio: RESOLUTION,
      layout: { padding: { top: 20, right: 60, bottom: 20, left: 20 } },
    },
  })
  try {
    return await pngOf(canvas)
  } finally {
    chart.destroy()
  }
}
