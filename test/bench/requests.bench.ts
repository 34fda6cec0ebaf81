import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Fidelity, IoPath } from '../../src/sim/lab/scenario.ts'
import { FIDELITIES, IO_PATHS } from '../../src/sim/lab/scenario.ts'
import { report } from './figures.ts'
import type { Figure } from './figures.ts'
import { oneOf, wholeNumber } from './options.ts'
import { WARM_UP, measurePoint } from './request-point.ts'
import type { PointFigures, RequestPoint } from './request-point.ts'

/*
 * How many requests the simulator gets through in a second of host CPU time, from getblk to biodone, on each I/O path. Each
 * point runs in a process of its own, so that no other path has shaped its compiled code, with the options of a user's run.
 */

const MIB = 1024 * 1024

/** What the project holds itself to: at what speed each should run stands in CONTRIBUTING.md. */
const AIMS: readonly Omit<RequestPoint, 'requests'>[] = [
  { path: 'direct', fidelity: 'metadata', cpus: 1 },
  { path: 'direct', fidelity: 'metadata', cpus: 64 },
  { path: 'direct', fidelity: 'bytes', cpus: 1 },
  { path: 'mapped', fidelity: 'metadata', cpus: 8 },
]

const { values } = parseArgs({
  options: {
    point: { type: 'string' },
    paths: { type: 'string' },
    fidelities: { type: 'string' },
    cpus: { type: 'string' },
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
    row(
      ...['path', 'fidelity', 'CPUs', 'requests', 'requests/CPU-s', 'events/CPU-s'],
      ...['warm-up CPU-s', 'peak MiB', 'ratio'],
    ),
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
        figures.warmUpSeconds.toFixed(1),
        (figures.peakRssBytes / MIB).toFixed(0),
        ((figures.requestsPerCpuSecond / figures.baselineRate) * 1000).toFixed(2),
      ),
    )
    return { ...point, ...figures }
  })
  console.log(
    `warm-up: the first ${WARM_UP} requests, which are not in the other figures, with the compiler's threads`,
  )
  console.log(
    'ratio: requests in the CPU time of 1000 steps of the pinned baseline, taken by turns with them',
  )
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

/** The points of the options; without any, those of the aims and all paths on two processors. */
function pointsAsked(): RequestPoint[] {
  const { paths, fidelities, cpus, requests } = values
  const isWhole = paths === undefined && fidelities === undefined && cpus === undefined
  const points: Omit<RequestPoint, 'requests'>[] = isWhole ? [...AIMS] : []
  for (const fidelity of oneOf<Fidelity>('--fidelities', FIDELITIES, fidelities ?? FIDELITIES.join(',')))
    for (const path of oneOf<IoPath>('--paths', IO_PATHS, paths ?? IO_PATHS.join(',')))
      for (const count of (cpus ?? '2').split(','))
        points.push({ path, fidelity, cpus: wholeNumber('--cpus', count) })
  return requests
    .split(',')
    .flatMap((count) => points.map((point) => ({ ...point, requests: wholeNumber('--requests', count) })))
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
