import { describe, expect, it } from 'vitest'
import { chartConfig } from '../../../src/renderer/charts/config.ts'
import { DARK, LIGHT } from '../../../src/renderer/charts/palette.ts'
import { cpuChart } from '../../../src/renderer/results/cpu-chart.ts'
import { latencyChart } from '../../../src/renderer/results/latency-chart.ts'
import { throughputChart } from '../../../src/renderer/results/throughput-chart.ts'
import { direct, finished, mapped } from '../samples.ts'

const look = { theme: LIGHT, logarithmic: false, title: [] }
const results = [mapped(), direct()]

describe('chartConfig', () => {
  it('draws each path in its own colour and dash', () => {
    const { data } = chartConfig(throughputChart([finished(mapped()), finished(direct())]), look)
    expect(data.datasets.map((set) => set.borderColor)).toEqual(['#d55e00', '#0072b2'])
    expect(data.datasets.map((set) => 'borderDash' in set && set.borderDash)).toEqual([[], [7, 4]])
  })

  it('names both axes with their units', () => {
    const scales = chartConfig(latencyChart(results), look).options?.scales
    expect(scales?.x).toMatchObject({ title: { display: true, text: 'Percentile of requests' } })
    expect(scales?.y).toMatchObject({
      type: 'linear',
      beginAtZero: true,
      title: { display: true, text: 'Latency (µs)' },
    })
  })

  it('is logarithmic only where the model allows it', () => {
    const log = { ...look, logarithmic: true }
    expect(chartConfig(latencyChart(results), log).options?.scales?.y?.type).toBe('logarithmic')
    expect(chartConfig(cpuChart(results), log).options?.scales?.x?.type).toBe('linear')
  })

  it('stacks the layers of a path into one horizontal bar', () => {
    const { options } = chartConfig(cpuChart(results), look)
    expect(options?.indexAxis).toBe('y')
    expect(options?.scales?.x).toMatchObject({ stacked: true, title: { text: 'CPU time per request (µs)' } })
  })

  it('follows the theme and puts a title in only when asked', () => {
    expect(chartConfig(latencyChart(results), { ...look, theme: DARK }).options?.color).toBe(DARK.text)
    expect(chartConfig(latencyChart(results), look).options?.plugins?.title?.display).toBe(false)
    const titled = chartConfig(latencyChart(results), { ...look, title: ['a', 'b'] }).options?.plugins?.title
    expect(titled).toMatchObject({ display: true, text: ['a', 'b'] })
  })
})
