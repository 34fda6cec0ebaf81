import { SFBA_PCATCH, SFBA_QUICK, SfBufs2004 } from '../../../kernel/sf-buf/dragonfly-2004.ts'
import { NotModelled, type Difference } from '../outcome.ts'
import { numberOf, stringOf, VectorError, type VectorObject } from '../vector-fields.ts'
import { EventLog } from './event-log.ts'
import { flagsOf, queueOf, slotOf } from './pool-fields.ts'
import { opsOf, runSteps } from './run-steps.ts'
import { callAsleep } from './sleeper.ts'
import { pfnOf, VectorKernel } from './vector-kernel.ts'

const FLAGS = { QUICK: SFBA_QUICK, PCATCH: SFBA_PCATCH }

/** Runs a vector of kind sf_buf. */
export function runSfBuf(vector: VectorObject): Difference | null {
  const release = stringOf(vector.kernel, 'kernel')
  if (release !== 'dragonfly-2004') throw new NotModelled(`no sf_buf of ${release}`)
  const pool = new Pool(vector)
  return runSteps(vector, opsOf(vector), (op) => pool.run(op))
}

class Pool {
  private readonly kernel: VectorKernel
  private readonly sfs: SfBufs2004
  private readonly log: EventLog
  private readonly slots: number

  constructor(vector: VectorObject) {
    this.slots = numberOf(vector.slots, 'slots')
    this.kernel = new VectorKernel({
      cpus: numberOf(vector.cpus, 'cpus'),
      smp: vector.smp === true,
      poolPages: this.slots,
      buffers: 0,
    })
    this.sfs = new SfBufs2004(this.kernel.machine, this.kernel.pmap, this.kernel.threads, {
      firstPage: 0,
      count: this.slots,
      quick: vector.quick === true,
    })
    this.log = new EventLog(1, this.slots)
    this.kernel.pmap.observer = this.log
    this.sfs.channel.observer = this.log
  }

  run(op: VectorObject): VectorObject {
    this.kernel.switchTo(op.cpu)
    switch (op.op) {
      case 'alloc':
        return this.alloc(op)
      case 'free': {
        const slot = slotOf(op.slot, this.slots)
        this.sfs.sf_buf_free(slot)
        return { events: this.log.take(), ...this.state(slot), freeList: queueOf(this.sfs.freeList) }
      }
      case 'touch':
        this.kernel.touch(this.sfs.sf_buf_kva(slotOf(op.slot, this.slots)), op.write === true)
        return {}
      default:
        throw new VectorError(`unknown operation ${String(op.op)}`)
    }
  }

  private alloc(op: VectorObject): VectorObject {
    const page = pfnOf(op.page, 'page')
    const flags = flagsOf(op.flags, FLAGS)
    const slot = callAsleep(
      op,
      (reason) => this.sfs.sf_buf_alloc(page, flags, reason),
      (sf) => this.sfs.sf_buf_free(slotOf(sf, this.slots)),
    )
    const { sleeps } = this.log
    const outcome = { ok: slot >= 0, nfree: this.sfs.freeList.length, events: this.log.take(), sleeps }
    if (slot < 0) return outcome
    return { ...outcome, slot, ...this.state(slot), cpumask: this.sfs.cpusOf(slot).word }
  }

  private state(slot: number): VectorObject {
    return { refs: this.sfs.refsOf(slot), onFree: this.sfs.freeList.has(slot) }
  }
}
