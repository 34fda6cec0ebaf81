import { BusDma } from '../../../kernel/busdma/busdma.ts'
import {
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_POSTWRITE,
  BUS_DMASYNC_PREREAD,
  BUS_DMASYNC_PREWRITE,
  PAGE_SIZE,
} from '../../../kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../kernel/busdma/dialects/dialect.ts'
import { dragonfly2004 } from '../../../kernel/busdma/dialects/dragonfly-2004.ts'
import type { BusDmamap } from '../../../kernel/busdma/map.ts'
import type { BusDmaTag } from '../../../kernel/busdma/tag.ts'
import { errnoName, OK, type Errno } from '../../../kernel/errno.ts'
import { crc32 } from '../crc32.ts'
import { differenceOf, type Difference } from '../outcome.ts'
import {
  listOf,
  numberOf,
  numbersOf,
  objectOf,
  stringOf,
  stringsOf,
  VectorError,
  type VectorObject,
} from '../vector-fields.ts'
import { poolOf, segmentsOf } from './load-results.ts'
import { VectorMachine } from './vector-machine.ts'
import { effectiveTagOf, flagsOf, tagArgsOf } from './vector-tag.ts'

const syncBits: ReadonlyMap<string, number> = new Map([
  ['PREREAD', BUS_DMASYNC_PREREAD],
  ['POSTREAD', BUS_DMASYNC_POSTREAD],
  ['PREWRITE', BUS_DMASYNC_PREWRITE],
  ['POSTWRITE', BUS_DMASYNC_POSTWRITE],
])

/** Runs the operations of a sequence in order; the first outcome that differs, or null. */
export function runSequence(dialect: BusDmaDialect, vector: VectorObject): Difference | null {
  const sequence = new Sequence(dialect, numberOf(vector.ramPages, 'ramPages'))
  const expect = listOf(vector.expect, 'expect')
  for (const [index, item] of listOf(vector.ops, 'ops').entries()) {
    const op = objectOf(item, `ops[${index}]`)
    const got = sequence.run(op)
    const difference = differenceOf(
      objectOf(expect[index], `expect[${index}]`),
      got,
      onlyIfExpected(op, dialect),
    )
    if (difference !== null) {
      const place = { index, op: op.op }
      return { expected: { ...place, ...difference.expected }, got: { ...place, ...difference.got } }
    }
  }
  return null
}

/** Data sequences leave the pool out where they create a map, and those of the kernel with one pool where they create a tag. */
function onlyIfExpected(op: VectorObject, dialect: BusDmaDialect): readonly string[] {
  if (op.op === 'map') return ['pool']
  return dialect === dragonfly2004 ? ['effectiveTag', 'pool'] : ['effectiveTag']
}

interface Client {
  readonly map: BusDmamap
  /** The last load's buffer: offset into the map's region, and length. */
  offset: number
  length: number
}

class Sequence {
  private readonly machine: VectorMachine
  private readonly busdma: BusDma
  private readonly tags = new Map<number, BusDmaTag>()
  private readonly clients = new Map<number, Client>()
  private callbacks: VectorObject[] = []

  constructor(dialect: BusDmaDialect, ramPages: number) {
    this.machine = new VectorMachine(ramPages)
    this.busdma = new BusDma(this.machine, dialect)
  }

  run(op: VectorObject): VectorObject {
    this.callbacks = []
    const kind = stringOf(op.op, 'op')
    switch (kind) {
      case 'supply':
        this.machine.supply = numbersOf(op.pfns, 'pfns')
        return {}
      case 'tag':
        return this.tagOp(op)
      case 'pool': {
        const tag = this.tagAt(op.tag)
        if (tag.couldBounce || tag.zone !== null) this.busdma.preloadZone(tag, numbersOf(op.pfns, 'pfns'))
        return { pool: poolOf(tag.zone) }
      }
      case 'map':
        return this.mapOp(op)
      case 'load':
      case 'loadPages':
        return this.loadOp(op)
      case 'unload': {
        const { map } = this.clientAt(op.map)
        this.busdma.bus_dmamap_unload(map.tag, map)
        return {
          callbacks: this.callbacks,
          ...this.queueState(map),
          softInterruptPending: this.busdma.softInterruptPending,
          pagesNeeded: map.pagesneeded,
          pagesReserved: map.pagesreserved,
        }
      }
      case 'softInterrupt':
        this.busdma.busdma_swi()
        return { callbacks: this.callbacks }
      case 'freeList':
        return { pfns: this.tagAt(op.tag).zone?.freeList() }
      case 'sync': {
        const { map } = this.clientAt(op.map)
        this.busdma.bus_dmamap_sync(map.tag, map, syncOps(op.ops))
        return {}
      }
      case 'fillClient': {
        const seed = numberOf(op.seed, 'seed')
        const fill = (i: number): number => seed + 7 * i + 13 * Math.floor(i / 256)
        this.clientPaddrs(op.map).forEach((paddr, i) => this.machine.writeByte(paddr, fill(i)))
        return {}
      }
      case 'fillBounce':
        this.fillBounce(numberOf(op.seed, 'seed'))
        return {}
      case 'deviceWrite': {
        const seed = numberOf(op.seed, 'seed')
        const paddrs = devicePaddrs(this.clientAt(op.map).map).slice(0, numberOf(op.limit, 'limit'))
        paddrs.forEach((paddr, i) => this.machine.writeByte(paddr, seed + 11 * i + Math.floor(i / 512)))
        return { bytes: paddrs.length }
      }
      case 'deviceRead':
        return { crc32: this.crcOf(devicePaddrs(this.clientAt(op.map).map)) }
      case 'clientCrc':
        return { crc32: this.crcOf(this.clientPaddrs(op.map)) }
      default:
        throw new VectorError(`unknown operation ${kind}`)
    }
  }

  private tagOp(op: VectorObject): VectorObject {
    const parent = op.parent === null || op.parent === undefined ? null : this.tagAt(op.parent)
    const { error, tag } = this.busdma.bus_dma_tag_create(parent, tagArgsOf(op))
    if (tag === null) return { error: errnoName(error) }
    this.tags.set(numberOf(op.tag, 'tag'), tag)
    return { error: errnoName(error), effectiveTag: effectiveTagOf(tag), pool: poolOf(tag.zone) }
  }

  private mapOp(op: VectorObject): VectorObject {
    const tag = this.tagAt(op.tag)
    const { error, map } = this.busdma.bus_dmamap_create(tag, flagsOf(op.flags, 'flags'))
    if (map !== null) this.clients.set(numberOf(op.map, 'map'), { map, offset: 0, length: 0 })
    // That kernel returns a number of pages.
    const outcome =
      this.busdma.dialect === dragonfly2004 ? { returnValue: error } : { error: errnoName(error) }
    return { ...outcome, nullMap: map?.canBounce !== true, pool: poolOf(tag.zone) }
  }

  private loadOp(op: VectorObject): VectorObject {
    const number = numberOf(op.map, 'map')
    const client = this.clientAt(number)
    const { map } = client
    const pages = numbersOf(op.pages, 'pages')
    const base = this.machine.mapRegion(number, pages)
    client.offset = numberOf(op.offset, 'offset')
    client.length = numberOf(op.length, 'length')
    const { offset, length } = client
    const flags = flagsOf(op.flags, 'flags')
    const { busdma, loaded } = this
    const returned =
      op.op === 'load'
        ? busdma.bus_dmamap_load(map.tag, map, base + offset, length, loaded, number, flags)
        : busdma.bus_dmamap_load_pages(
            map.tag,
            map,
            Int32Array.from(pages),
            pages.length,
            offset,
            length,
            loaded,
            number,
            flags,
          )
    return {
      returned: errnoName(returned),
      callbacks: this.callbacks,
      ...this.queueState(map),
      bouncePagesUsed: map.bpagesCount,
      pagesNeeded: map.pagesneeded,
      pagesReserved: map.pagesreserved,
    }
  }

  private readonly loaded = (number: number, map: BusDmamap, nsegs: number, error: Errno): void => {
    const segments = error === OK ? segmentsOf(map, nsegs) : []
    this.callbacks.push({ map: number, error: errnoName(error), callbackSegments: nsegs, segments })
  }

  private queueState(map: BusDmamap): VectorObject {
    return { pool: poolOf(map.tag.zone), waiting: this.busdma.waitingLoads(map.tag) }
  }

  private fillBounce(seed: number): void {
    for (const zone of new Set([...this.tags.values()].map((tag) => tag.zone))) {
      for (let page = 0; zone !== null && page < zone.total; page++) {
        const pfn = zone.pfn[page] as number
        for (let j = 0; j < PAGE_SIZE; j++) {
          this.machine.writeByte(pfn * PAGE_SIZE + j, seed + 31 * pfn + 3 * j)
        }
      }
    }
  }

  private tagAt(number: unknown): BusDmaTag {
    const tag = this.tags.get(numberOf(number, 'tag'))
    if (tag === undefined) throw new VectorError(`no tag ${String(number)}`)
    return tag
  }

  private clientAt(number: unknown): Client {
    const client = this.clients.get(numberOf(number, 'map'))
    if (client === undefined) throw new VectorError(`no map ${String(number)}`)
    return client
  }

  /** Physical address of each byte of the map's last request. */
  private clientPaddrs(number: unknown): number[] {
    const { offset, length } = this.clientAt(number)
    const region = numberOf(number, 'map')
    return Array.from({ length }, (_, i) => this.machine.regionPaddr(region, offset + i))
  }

  private crcOf(paddrs: readonly number[]): number {
    return crc32(Uint8Array.from(paddrs, (paddr) => this.machine.readByte(paddr)))
  }
}

function syncOps(value: unknown): number {
  let ops = 0
  for (const name of stringsOf(value, 'ops')) {
    const bit = syncBits.get(name)
    if (bit === undefined) throw new VectorError(`unknown sync operation ${name}`)
    ops |= bit
  }
  return ops
}

/** Bus address of each byte, in the order in which the device transfers them. */
function devicePaddrs(map: BusDmamap): number[] {
  return segmentsOf(map, map.nsegs).flatMap(([addr, length]) => Array.from({ length }, (_, i) => addr + i))
}
