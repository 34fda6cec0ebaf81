import { describe, expect, it } from 'vitest'
import { spec } from '../scenarios.ts'
import { MIN_HISTORY_BYTES } from '../../../../src/sim/engine/history/history-recorder.ts'
import type { SpanNode } from '../../../../src/sim/lab/history/span-tree.ts'
import { MIX, VARIED_RUNS, historyOf, recorded, titleOf } from './recorded-run.ts'

const HOST = { wallMs: 0, peakRssBytes: 0 }

function sum(spans: readonly SpanNode[]): number {
  return spans.reduce((total, { selfNs, children }) => total + selfNs + sum(children), 0)
}

describe.each(VARIED_RUNS.map((run) => ({ title: titleOf(run), run })))('history of $title', ({ run }) => {
  it('changes nothing in the result', () => {
    const results = [null, undefined].map((limits) => {
      const lab = recorded(run, limits)
      while (!lab.advance(10_000)) continue
      return JSON.stringify(lab.finish(HOST))
    })
    expect(results[1]).toBe(results[0])
  })

  it('tells all requests, with spans that add up to their CPU time and to the busy time of the run', () => {
    const lab = recorded(run)
    while (!lab.advance(10_000)) continue
    const history = lab.history!
    const requests = [...history.requests()]
    expect(requests.length).toBe(run.scenario.workload.kind === 'job' ? run.scenario.workload.requests : NaN)
    for (const { request, outcome, startNs, endNs, cpuNs } of requests) {
      expect(outcome).not.toBe('open')
      expect(endNs).toBeGreaterThan(startNs)
      const spans = history.spans(request)
      expect(cpuNs).toBeGreaterThan(0)
      expect(Math.abs(sum(spans) - cpuNs)).toBeLessThan(0.01)
    }
    // What came before, finding the disk, is not measured.
    const [first] = history.recordsOf(0)
    let roots = 0
    for (const record of history.records())
      if (record.kind === 'span' && record.depth === 0 && record.record > first!.record)
        roots += record.endNs - record.startNs
    const total = lab.finish(HOST).result.metrics.cpu_tree.total_ns
    expect(Math.abs(roots - total)).toBeLessThan(1)
  })

  it('nests and orders the spans of each processor', () => {
    const open = new Map<number, { depth: number; startNs: number; endNs: number }[]>()
    const clock = new Map<number, number>()
    const misplaced: object[] = []
    for (const record of historyOf(run).records()) {
      if (record.kind === 'event') continue
      const path = open.get(record.cpu) ?? []
      open.set(record.cpu, path)
      while (path.length > record.depth) path.pop()
      const parent = path.at(-1)
      const isIn = parent === undefined || (record.startNs >= parent.startNs && record.endNs <= parent.endNs)
      const isLater = record.startNs >= (clock.get(record.cpu) ?? 0) && record.endNs >= record.startNs
      if (path.length !== record.depth || !isIn || !isLater) misplaced.push({ record, parent })
      clock.set(record.cpu, record.startNs)
      path.push(record)
    }
    expect(misplaced).toEqual([])
    expect(clock.size).toBeGreaterThan(0)
  })
})

describe('History', () => {
  const names = (run: Parameters<typeof historyOf>[0], request: number): string[] =>
    [...historyOf(run).recordsOf(request)].map(({ name }) => name)

  it('tells a read that misses, from the system call to the last release', () => {
    const told = names(spec('direct'), 20)
    const order = [
      'request begins',
      'read',
      'getblk',
      'pages listed',
      'msf created',
      'buf locked',
      'bread',
      'read starts',
      'ccb queued',
      'msf passed',
      'ccb to driver',
      'bus_dmamap_load',
      'map loaded',
      'segment loaded',
      'ahci_start',
      'device starts',
      'thread sleeps',
      'device ends',
      'bus_dmamap_sync',
      'xpt_done',
      'ccb done',
      'dadone',
      'transfer ends',
      'thread woken',
      'copyout',
      'brelse',
      'buf released',
      'request ends',
    ]
    let at = -1
    for (const name of order) {
      const found = told.indexOf(name, at + 1)
      expect(found, `${name} after ${told[at] ?? 'the beginning'}`).toBeGreaterThan(at)
      at = found
    }
  })

  it('tells states before and after, and the numbers of pages, segments and bounce pages', () => {
    const history = historyOf(spec('mapped', { device: 'ide-disk' }, { requestKiB: 16 }))
    const events = history.events(100)
    const find = (name: string): (typeof events)[number] => events.find((event) => event.name === name)!
    const segments = events.filter(({ name }) => name === 'segment loaded')
    expect(segments.reduce((bytes, { after }) => bytes + after, 0)).toBe(16384)
    for (const { value, after } of segments) expect(value + after).toBeLessThanOrEqual(2 ** 32)
    expect(find('map loaded').after).toBe(segments.length)
    expect(find('bounce pages taken').after).toBe(find('bounce pages given back').before)
    expect(find('transfer ends').after & ~find('transfer ends').before).toBe(0x200)
    const shootdown = find('processors interrupted')
    expect([shootdown.before, shootdown.after]).toEqual([0, 1])
    const listed = events.filter(({ name }) => name === 'pages listed')
    expect(listed.reduce((pages, { before, after }) => pages + after - before, 0)).toBe(4)
  })

  it('gives a request what interrupts did for it, and the daemon nothing', () => {
    const history = historyOf(
      spec('direct', { writes: 'delayed', cacheMiB: 2 }, { requests: 400, readPercent: 0 }),
    )
    const daemon = [...history.records()].filter(({ name }) => name === 'buf_daemon')
    expect(daemon.length).toBeGreaterThan(0)
    for (const { request } of daemon) expect(request).toBeNull()
    const read = historyOf(spec('direct', { cpus: 2 })).spans(21)
    expect(read.some(({ name, cpu }) => name === 'xpt_done' && cpu === 0)).toBe(true)
  })

  it('gives each kind of request its own commands', () => {
    const history = historyOf(spec('direct', { cacheMiB: 2 }, { ...MIX, requests: 80 }))
    const callsOf = (name: string): string[] => {
      const found = [...history.requests()].filter((request) => request.name === name)
      return found.flatMap(({ request }) => [...history.recordsOf(request)].map((record) => record.name))
    }
    expect(callsOf('ioctl')).toEqual(
      expect.arrayContaining(['passstart', 'ccb to driver', 'device ends', 'passdone']),
    )
    expect(callsOf('ioctl')).not.toContain('dadone')
    expect(callsOf('sendfile')).toEqual(expect.arrayContaining(['nic_encap', 'bread']))
    expect(callsOf('stat')).toEqual(expect.arrayContaining(['ufs_getattr', 'msf mapped']))
    expect(callsOf('read')).toEqual(expect.arrayContaining(['physio', 'vmapbuf']))
  })

  it('tells who has a buffer that a request waits for', () => {
    const history = historyOf(spec('direct', { cacheMiB: 2 }, { spanMiB: 1, requests: 400, queueDepth: 16 }))
    const busy = [...history.records()].flatMap((record) =>
      record.kind === 'event' && record.name === 'buf busy' ? [record] : [],
    )
    expect(busy.length).toBeGreaterThan(0)
    const shared = busy.filter(({ value, request }) => value >= 0 && value !== request)
    expect(shared.length).toBeGreaterThan(0)
  })

  it('notes the errors of failed requests', () => {
    const history = historyOf(spec('direct', { mediaErrors: 1_000_000 }, { requests: 20 }))
    const [first] = [...history.requests()]
    expect(first!.outcome).toBe('failed')
    const errors = history.events(first!.request).filter(({ name }) => name === 'error')
    expect(errors.length).toBe(5)
    expect(errors[0]!.after).toBe(5)
    expect(history.explain(first!.request).some((line) => line.includes('error (sector'))).toBe(true)
  })

  it('keeps the last requests within its bytes, says how many it let go, and refuses to tell of those', () => {
    const history = historyOf(spec('direct', {}, { requests: 1000 }), { bytes: MIN_HISTORY_BYTES * 2 })
    const { requests, droppedRequests, droppedRecords, bytes } = history.summary()
    expect(requests).toBe(1000)
    expect(droppedRequests).toBeGreaterThan(900)
    expect(droppedRecords).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(MIN_HISTORY_BYTES * 2 + 16384)
    const held = [...history.requests()].map(({ request }) => request)
    expect(held).toEqual(Array.from({ length: 1000 - droppedRequests }, (_, i) => droppedRequests + i))
    expect([...history.records()].some(({ request }) => request !== null && request < held[0]!)).toBe(false)
    expect(() => history.request(held[0]! - 1)).toThrow(/not in the history any more/)
    expect(() => history.spans(1000)).toThrow(/there is no request 1000/)
    expect(() => history.request(1.5)).toThrow(RangeError)
    const whole = historyOf(spec('direct', {}, { requests: 1000 }))
    expect(history.explain(held[0]!)).toEqual(whole.explain(held[0]!))
  })

  it('explains a request in lines that begin with the time since its start', () => {
    const lines = historyOf(spec('direct')).explain(20)
    expect(lines[0]).toMatch(
      /^request 20: (read|write) of 4096 bytes at byte \d+ by thread \d, done after [\d.]+ ns, [\d.]+ ns of CPU time$/,
    )
    const times = lines.slice(1).map((line) => Number(/^ *(-?[\d.]+) ns {2}cpu \d {2}/.exec(line)![1]))
    expect(times[0]).toBe(0)
    expect(Math.min(...times)).toBe(0)
    expect(lines.some((line) => /\* buf \d+: transfer ends \(block \d+, \+B_DONE\)$/.test(line))).toBe(true)
  })
})
