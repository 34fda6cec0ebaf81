import { MsfBufs2004 } from '../../../kernel/msf-buf/dragonfly-2004.ts'
import { SFBA_PCATCH, SFBA_QUICK } from '../../../kernel/sf-buf/dragonfly-2004.ts'
import { PAGE_SIZE } from '../../../machine/page.ts'
import { XIO_INTERNAL_PAGES } from '../../../kernel/xio.ts'
import type { Difference } from '../outcome.ts'
import { numberOf, VectorError, type VectorObject } from '../vector-fields.ts'
import { EventLog } from './event-log.ts'
import { flagsOf, queueOf, slotOf } from './pool-fields.ts'
import { opsOf, runSteps } from './run-steps.ts'
import { callAsleep } from './sleeper.ts'
import { pageListOf, VectorKernel } from './vector-kernel.ts'

const FLAGS = { QUICK: SFBA_QUICK, PCATCH: SFBA_PCATCH }

/** Runs a vector of kind msf_buf against the msf_buf of 2004. */
export function runMsfBuf2004(vector: VectorObject): Difference | null {
  const pool = new Pool(vector)
  return runSteps(vector, opsOf(vector), (op) => pool.run(op), ['freeList'])
}

class Pool {
  private readonly kernel: VectorKernel
  private readonly msfs: MsfBufs2004
  private readonly log: EventLog
  private readonly slots: number

  constructor(vector: VectorObject) {
    this.slots = numberOf(vector.slots, 'slots')
    this.kernel = new VectorKernel({
      cpus: numberOf(vector.cpus, 'cpus'),
      smp: vector.smp === true,
      poolPages: this.slots * XIO_INTERNAL_PAGES,
      buffers: 0,
    })
    const { machine, pmap, threads } = this.kernel
    this.msfs = new MsfBufs2004(machine, pmap, threads, 0, this.slots)
    this.log = new EventLog(XIO_INTERNAL_PAGES, this.slots)
    pmap.observer = this.log
    this.msfs.channel.observer = this.log
  }

  run(op: VectorObject): VectorObject {
    this.kernel.switchTo(op.cpu)
    switch (op.op) {
      case 'alloc':
        return this.alloc(op)
      case 'free': {
        const slot = slotOf(op.slot, this.slots)
        this.msfs.msf_buf_free(slot)
        return {
          events: this.log.take(),
          refs: this.msfs.refsOf(slot),
          onFree: this.msfs.freeList.has(slot),
          freeList: queueOf(this.msfs.freeList),
        }
      }
      case 'touch': {
        const slot = slotOf(op.slot, this.slots)
        const kva = this.msfs.msf_buf_kva(slot) + numberOf(op.page, 'page') * PAGE_SIZE
        this.kernel.touch(kva, op.write === true)
        return {}
      }
      default:
        throw new VectorError(`unknown operation ${String(op.op)}`)
    }
  }

  private alloc(op: VectorObject): VectorObject {
    const pages = pageListOf(op.pages, 'pages')
    const flags = flagsOf(op.flags, FLAGS)
    const slot = callAsleep(
      op,
      (reason) => this.msfs.msf_buf_alloc(pages, pages.length, flags, reason),
      (msf) => this.msfs.msf_buf_free(slotOf(msf, this.slots)),
    )
    const { sleeps } = this.log
    const outcome = {
      ok: slot >= 0,
      events: this.log.take(),
      sleeps,
      freeList: queueOf(this.msfs.freeList),
    }
    if (slot < 0) return outcome
    return { ...outcome, slot, refs: this.msfs.refsOf(slot), cpumask: this.msfs.cpusOf(slot).word }
  }
}
