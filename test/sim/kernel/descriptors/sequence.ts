import { ListCopies } from './list-copies.ts'
import { openBufferList, openPagesList, openUserBuffer, openUserList } from './open-lists.ts'
import type { List, UserBuffer } from './open-lists.ts'
import {
  openBuffer,
  openDirectMap,
  openFreeBsdSf,
  openLwbuf,
  openQuickPage,
  openSf2004,
} from './open-mappings.ts'
import type { Buffer } from './open-mappings.ts'
import { openMsf2004, openMsf2005, openPostMsf } from './open-msf-bufs.ts'
import type { PostMsf } from './open-msf-bufs.ts'
import type { View } from './view.ts'
import { overlaps, stretchesOf } from './view.ts'
import { World, must } from './world.ts'

const MOST_VIEWS = 16
const LONGEST_WRITE = 5000

/** What a sequence did, to know that it did enough. */
export type Tally = Record<string, number>

/**
 * Makes `steps` random calls on a random small kernel, then gives everything back.
 * @param seed the sequence: the same one does the same
 * @returns how many views of each kind were opened and read
 * @throws Error that names the seed and the step, when something is not as it must be
 */
export function runSequence(seed: number, steps: number): Tally {
  const sequence = new Sequence(seed)
  let step = 0
  try {
    for (; step < steps; step++) sequence.step()
    sequence.doing = 'giving everything back'
    sequence.world.closeDown()
    sequence.checkTlbs()
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    const message = `sequence ${seed}, step ${step} of ${steps}, ${sequence.doing}: ${what}`
    throw new Error(
      `${message}\nRepeat it with SEQUENCE=${seed} npx vitest run test/sim/kernel/descriptors`,
      {
        cause: error,
      },
    )
  }
  return sequence.tally
}

class Sequence {
  readonly world: World
  readonly tally: Tally = {}
  doing = ''
  private readonly copies: ListCopies

  constructor(seed: number) {
    this.world = new World(seed)
    this.copies = new ListCopies(this.world)
  }

  step(): void {
    const { world } = this
    world.switchToAny()
    const drawn = world.random.below(100)
    if (drawn < 40) this.write()
    else if (drawn < 50) this.read()
    else if (drawn < 70) this.open()
    else if (drawn < 80) this.require()
    else if (drawn < 90) this.close()
    else if (drawn < 95) this.addPage()
    else if (drawn < 98) this.mapAndForget()
    else this.freePage()
    this.checkTlbs()
  }

  /** No processor used a translation that the page table no longer has. */
  checkTlbs(): void {
    must(this.world.bench.machine.counters.staleAccesses === 0, 'a processor read through a stale TLB entry')
  }

  private addPage(): void {
    this.doing = 'vm_page_alloc'
    const pfn = this.world.newPage()
    if (pfn < 0) return
    this.world.model.store([{ pfn, start: 0, bytes: 4096 }], this.world.bytesOf(pfn))
  }

  private freePage(): void {
    this.doing = 'vm_page_free'
    if (this.world.owned.length > 0) this.world.freePage(this.world.pick(this.world.owned))
  }

  private open(): void {
    const { world, copies } = this
    if (world.views.length >= MOST_VIEWS) return this.close()
    const buffer = this.one<Buffer>('kernel buffer')
    const user = this.one<UserBuffer>('user buffer')
    const list = this.one<List>('page list')
    const post: [string, () => View | null][] = [
      ['msf_buf of a list', () => list && openPostMsf(world, copies, list)],
      ['msf_buf of a buffer', () => buffer && openPostMsf(world, copies, buffer)],
    ]
    const others: [string, () => View | null][] = [
      ['kernel buffer', () => openBuffer(world)],
      ['quick page', () => openQuickPage(world)],
      ['direct map', () => openDirectMap(world)],
      ['sf_buf of 2004', () => openSf2004(world)],
      ['sf_buf of FreeBSD', () => openFreeBsdSf(world)],
      ['lwbuf', () => openLwbuf(world)],
      ['user buffer', () => openUserBuffer(world)],
      ['list of pages', () => openPagesList(world, copies)],
      ['list of a kernel buffer', () => buffer && openBufferList(world, copies, buffer)],
      ['list of a user buffer', () => user && openUserList(world, copies, user)],
      ['msf_buf of 2004', () => openMsf2004(world)],
      ['msf_buf of 2005, pages', () => openMsf2005(world, null)],
      ['msf_buf of 2005, list', () => list && openMsf2005(world, list)],
      ['msf_buf of 2005, kernel buffer', () => buffer && openMsf2005(world, buffer)],
      ['msf_buf of 2005, user buffer', () => user && openMsf2005(world, user)],
    ]
    const ways = world.chance(25) ? post : others
    const [name, open] = world.pick(ways)
    this.doing = `opening: ${name}`
    const view = open()
    if (view === null) return
    world.views.push(view)
    this.count(`opened ${name}`)
    if (world.chance(70)) this.look(view)
  }

  /** Short mappings one after the other, of a few lists on all processors: the slots and their masks are used again and again. */
  private mapAndForget(): void {
    const { world } = this
    const open = world.chance(50) ? openMsf2004 : (): View | null => openMsf2005(world, null)
    for (let times = 0; times < 20; times++) {
      world.switchToAny()
      this.doing = 'a short mapping'
      const view = open(world)
      if (view === null) return
      this.look(view)
      view.close()
    }
  }

  private require(): void {
    const { world } = this
    const msf = this.one<PostMsf>('msf_buf')
    if (msf === null) return this.open()
    for (let times = 1 + world.random.below(3); times > 0; times--) {
      world.switchToAny()
      this.doing = 'msf_require'
      msf.require()
      this.look(msf)
    }
    this.count('required')
  }

  private close(): void {
    const { world } = this
    if (world.views.length === 0) return
    const view = world.pick(world.views)
    this.doing = `closing: ${view.kind}`
    world.closeView(view)
  }

  /** Writes through one view, and reads what was written through every one that shows it. */
  private write(): void {
    const { world } = this
    if (world.views.length === 0) return
    const view = world.pick(world.views)
    const at = world.random.below(view.bytes)
    const longest = world.chance(50) ? 4 : LONGEST_WRITE
    const bytes = 1 + world.random.below(Math.min(longest, view.bytes - at))
    const written = world.fillScratch(bytes)
    this.goWhere(view)
    this.doing = `writing ${bytes} bytes at ${at} through: ${view.kind}`
    view.write(at, bytes, world.scratch)
    const stretches = stretchesOf(view, at, bytes)
    world.model.store(stretches, written)
    this.count(`written through ${view.kind}`)
    for (const stretch of stretches) {
      for (const other of world.views) {
        for (const range of overlaps(other, stretch)) this.check(other, range.at, range.bytes)
      }
    }
  }

  private read(): void {
    if (this.world.views.length > 0) this.look(this.world.pick(this.world.views))
  }

  /** Reads some of what a view shows. */
  private look(view: View): void {
    const { world } = this
    const at = world.random.below(view.bytes)
    this.check(view, at, 1 + world.random.below(Math.min(LONGEST_WRITE, view.bytes - at)))
  }

  private check(view: View, at: number, bytes: number): void {
    const { world } = this
    this.goWhere(view)
    this.doing = `${this.doing.split('; then')[0]}; then reading ${bytes} bytes at ${at} through: ${view.kind}`
    view.read(at, bytes, world.scratch)
    const expected = world.model.load(stretchesOf(view, at, bytes))
    const got = world.scratchBytes(bytes)
    if (Buffer.compare(got, expected) !== 0) {
      const wrong = got.findIndex((byte, i) => byte !== expected[i])
      throw new Error(`byte ${wrong} is ${got[wrong]}, not ${expected[wrong]}`)
    }
    this.count(`read through ${view.kind}`)
  }

  /** Runs on a processor that may use the view. */
  private goWhere(view: View): void {
    if (view.cpu === null) this.world.switchToAny()
    else this.world.bench.machine.switchTo(view.cpu, 0)
  }

  /** A view of a kind, or null when there is none. */
  private one<T extends View>(kind: T['kind']): T | null {
    const found = this.world.views.filter((view): view is T => view.kind === kind)
    return found.length === 0 ? null : this.world.pick(found)
  }

  private count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1
  }
}
