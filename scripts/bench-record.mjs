import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'

/** Share by which a figure may be worse than recorded before it is called so: below it, the host's noise reigns. */
const TOLERANCE = 0.15

/**
 * @typedef {{ name: string, value: number, unit: string, better: 'higher' | 'lower', compared: number }} Figure
 */

/** @param {string} file of one figure a line @returns {Figure[]} */
export function readFigures(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** @param {string} file @returns {Figure[]} none when nothing was recorded */
export function readRecord(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).figures : []
}

/**
 * Writes figures, and keeps those of other benchmarks that stand in the file already.
 * @param {string} file @param {Figure[]} figures
 */
export function writeRecord(file, figures) {
  const names = new Set(figures.map(({ name }) => name))
  const kept = readRecord(file).filter(({ name }) => !names.has(name))
  const all = [...kept, ...figures].sort((a, b) => (a.name < b.name ? -1 : 1))
  const host = { cpu: cpus()[0]?.model ?? 'unknown', node: process.version }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ host, figures: all }, null, 2)}\n`)
}

/**
 * How much worse a figure is than it was, as a share: 0.2 is a fifth worse, -0.2 better.
 * @param {Figure} now @param {Figure} before
 */
function worseBy(now, before) {
  const change = now.compared / before.compared - 1
  return now.better === 'lower' ? change : -change
}

/**
 * The change of every figure since it was recorded, as text.
 * @param {Figure[]} figures @param {Figure[]} recorded
 */
export function compareFigures(figures, recorded) {
  const before = new Map(recorded.map((figure) => [figure.name, figure]))
  let worse = 0
  const lines = figures.map((figure) => {
    const { name, value, unit, compared } = figure
    const old = before.get(name)
    const start = `${name.padEnd(64)}${value.toFixed(value < 100 ? 2 : 0).padStart(12)} ${unit.padEnd(16)}`
    if (old === undefined) return `${start}     new`
    const change = (compared / old.compared - 1) * 100
    const flag = worseBy(figure, old) > TOLERANCE ? '  WORSE' : ''
    if (flag !== '') worse++
    return `${start}${`${change > 0 ? '+' : ''}${change.toFixed(1)}%`.padStart(8)}${flag}`
  })
  const verdict =
    worse === 0
      ? `No figure is more than ${TOLERANCE * 100}% worse than recorded.`
      : `${worse} figure(s) are more than ${TOLERANCE * 100}% worse than recorded.`
  return [
    '\nFigures, and the change since they were recorded: of their ratios to the baseline, which the speed of the host cancels out of',
    ...lines,
    verdict,
  ].join('\n')
}
