import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Fidelity, IoPath } from '../../src/sim/lab/scenario.ts'
import { FIDELITIES, IO_PATHS } from '../../src/sim/lab/scenario.ts'
import { report } from './figures.ts'
import type { Figure } from './figures.ts'
import { oneOf, wholeNumber } from './options.ts'
import { measurePoint } from './request-point.ts'
import type { PointFigures, RequestPoint } from './request-point.ts'

/*
 * How many requests the simulator gets through in a second of host CPU time, from getblk to biodone, on each I/O path. Each
 * point runs in a process of its own, so that no other path has shaped its compiled code, with the options of a user's run.
 */

const MIB = 1024 * 1024

const { values } = parseArgs({
  options: {
    point: { type: 'string' },
    paths: { type: 'string', default: IO_PATHS.join(',') },
    fidelities: { type: 'string', default: FIDELITIES.join(',') },
    cpus: { type: 'string', default: '2' },
    requests: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
})
if (values.point !== undefined)
  console.log(JSON.stringify(measurePoint(JSON.parse(values.point) as RequestPoint)))
else measureAll()

function measureAll(): void {
  const rounds = wholeNumber('--rounds', values.rounds)
  console.log(`4 KiB random reads, NVMe, queue depth 32, sanitizer off: the best of ${rounds} rounds`)
  console.log(
    row('path', 'fidelity', 'CPUs', 'requests', 'requests/CPU-s', 'events/CPU-s', 'peak MiB', 'ratio'),
  )
  const measured = pointsAsked().map((point) => {
    const figures = best(point, rounds)
    console.log(
      row(
        point.path,
        point.fidelity,
        `${point.cpus}`,
        `${point.requests}`,
        figures.requestsPerCpuSecond.toFixed(0),
        figures.eventsPerCpuSecond.toFixed(0),
        (figures.peakRssBytes / MIB).toFixed(0),
        ((figures.requestsPerCpuSecond / figures.baselineRate) * 1000).toFixed(2),
      ),
    )
    return { ...point, ...figures }
  })
  console.log('ratio: requests in the CPU time of 1000 steps of the pinned baseline, in the same process')
  report(measured.flatMap(figuresOf))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`)
}

function figuresOf({
  path,
  fidelity,
  cpus,
  requestsPerCpuSecond,
  eventsPerCpuSecond,
  peakRssBytes,
  baselineRate,
}: RequestPoint & PointFigures): Figure[] {
  const point = `${path}/${fidelity}/${cpus} CPUs`
  const speed = (name: string, unit: string, value: number): Figure => ({
    name: `${name}/${point}`,
    value,
    unit,
    better: 'higher',
    compared: value / baselineRate,
  })
  return [
    speed('requests', 'requests/CPU-s', requestsPerCpuSecond),
    speed('events', 'events/CPU-s', eventsPerCpuSecond),
    {
      name: `memory/${point}`,
      value: peakRssBytes / MIB,
      unit: 'MiB',
      better: 'lower',
      compared: peakRssBytes / MIB,
    },
  ]
}

function pointsAsked(): RequestPoint[] {
  const points: RequestPoint[] = []
  for (const fidelity of oneOf<Fidelity>('--fidelities', FIDELITIES, values.fidelities))
    for (const path of oneOf<IoPath>('--paths', IO_PATHS, values.paths))
      for (const cpus of values.cpus.split(','))
        for (const requests of values.requests.split(','))
          points.push({
            path,
            fidelity,
            cpus: wholeNumber('--cpus', cpus),
            requests: wholeNumber('--requests', requests),
          })
  return points
}

/** The least disturbed round: other work on the host only ever makes one slower. */
function best(point: RequestPoint, rounds: number): PointFigures {
  let chosen = runPoint(point)
  for (let round = 1; round < rounds; round++) {
    const next = runPoint(point)
    if (next.requestsPerCpuSecond > chosen.requestsPerCpuSecond) chosen = next
  }
  return chosen
}

function runPoint(point: RequestPoint): PointFigures {
  const script = fileURLToPath(import.meta.url)
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--point', JSON.stringify(point)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the point ${JSON.stringify(point)} failed:\n${stderr}`)
  return JSON.parse(stdout) as PointFigures
}

function row(...columns: string[]): string {
  return columns.map((column, i) => (i < 2 ? column.padEnd(12) : column.padStart(16))).join('')
}
