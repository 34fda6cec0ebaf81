import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import { Site } from '../call-sites.ts'
import type { Errno } from '../errno.ts'
import { EIO, ERESTART, OK } from '../errno.ts'
import { Happening } from '../history-events.ts'
import { SleepChannel } from '../sleep-channel.ts'
import type { KernelThreads } from '../sleep-channel.ts'
import { CAM_PRIORITY_NORMAL, Ccb } from './ccb.ts'
import { PASS_COMMANDS_OF } from './pass-commands.ts'
import type { PassCommand } from './pass-commands.ts'
import { BECOMING_READY_TRIES, cam_periph_error } from './periph-error.ts'
import type { Xpt } from './xpt.ts'

/** Times that a command is sent again before its error counts. */
const PASS_RETRY_COUNT = 4
/** Number of its first CCB: those of the disk peripheral have the numbers below. */
const FIRST_PASS_CCB = 4096
/** No CCB is free, or nobody owns one. */
export const NONE = -1

export interface PassParts {
  readonly machine: Machine
  readonly xpt: Xpt
  readonly threads: KernelThreads
}

/**
 * The pass-through peripheral (pass): sends small commands to the device beside the disk's own, through the same queue. Each
 * of its CCBs comes with a page of kernel memory, mapped for good, and carries it as a plain pointer: on every I/O path.
 */
export class PassPeripheral {
  private readonly machine: Machine
  private readonly xpt: Xpt
  private readonly threads: KernelThreads
  private readonly ccbs: readonly Ccb[]
  private readonly buffers: Float64Array
  private readonly free: number[]
  private readonly owners: Int32Array
  private readonly errors: Int32Array
  /** Threads that wait for a CCB. */
  private readonly ccbWait: SleepChannel
  private readonly answer = new Uint8Array(PAGE_SIZE)

  /** @param buffers kernel addresses of mapped pages; as many commands as these are under way at one time */
  constructor(parts: PassParts, buffers: Float64Array) {
    this.machine = parts.machine
    this.xpt = parts.xpt
    this.threads = parts.threads
    this.buffers = buffers
    this.ccbs = Array.from(buffers, (_, i) => new Ccb(FIRST_PASS_CCB + i))
    for (const ccb of this.ccbs) ccb.cbfcnp = this.passdone
    this.free = this.ccbs.map((_, i) => this.ccbs.length - 1 - i)
    this.owners = new Int32Array(buffers.length).fill(NONE)
    this.errors = new Int32Array(buffers.length)
    this.ccbWait = new SleepChannel(parts.threads)
  }

  /** One of the four small commands of the device's language, by its number. */
  command(number: number): PassCommand {
    return PASS_COMMANDS_OF[this.xpt.protocol][number]!
  }

  /** cam_periph_getccb. @returns a free CCB; NONE: the current thread sleeps until there is one, and then asks again */
  cam_periph_getccb(): number {
    const index = this.free.pop()
    if (index !== undefined) return index
    this.ccbWait.sleep(false)
    return NONE
  }

  /** passsendccb: sends a command; the current thread is woken when it is done. */
  passsendccb(index: number, command: PassCommand): void {
    const { machine } = this
    machine.accounting.enter(Site.passstart)
    machine.charge(Site.passstart, machine.cost.camStep)
    const ccb = this.ccbs[index]!
    ccb.operation = 'pass'
    ccb.passOut = false
    ccb.cdb.fill(0)
    for (let i = 0; i < command.cdb.length; i++) ccb.cdb[i] = command.cdb[i]!
    ccb.cdbLength = command.cdb.length
    ccb.retries = PASS_RETRY_COUNT
    ccb.patience = BECOMING_READY_TRIES
    ccb.priority = CAM_PRIORITY_NORMAL
    ccb.useBuffer(this.buffers[index]!, command.bytes)
    this.owners[index] = this.threads.current
    const { history } = machine
    if (history !== null) {
      history.ccbs.set(ccb.id, history.current)
      history.event(Happening['ccb queued'], ccb.id, 0, 0, 0)
    }
    this.xpt.xpt_action(ccb)
    machine.accounting.leave()
  }

  /** The command of a CCB is still under way. */
  isBusy(index: number): boolean {
    return this.owners[index] !== NONE
  }

  /** How the last command of a CCB ended: OK, or an error of cam_periph_error. */
  errorOf(index: number): Errno {
    return this.errors[index]!
  }

  /** The first bytes of a CCB's buffer, as the processor sees them; good until the next call. */
  readAnswer(index: number, bytes: number): Uint8Array {
    const { machine, answer } = this
    const physical = machine.translate(this.buffers[index]!, false)
    if (physical < 0) throw new SimulationFault('the buffer of a pass-through CCB is not mapped')
    answer.set(machine.memory.bytesAt(physical, bytes))
    return answer
  }

  /** xpt_release_ccb: somebody else may have the CCB. */
  xpt_release_ccb(index: number): void {
    this.free.push(index)
    this.ccbWait.wakeupOne()
  }

  private readonly passdone = (ccb: Ccb): void => {
    const { machine } = this
    machine.accounting.enter(Site.passdone)
    machine.charge(Site.passdone, machine.cost.camStep)
    const isShort = ccb.resid > 0
    let error = ccb.status === OK && !isShort ? OK : cam_periph_error(this.xpt, ccb)
    if (error === OK && isShort) error = EIO
    if (error !== ERESTART) {
      const index = ccb.id - FIRST_PASS_CCB
      const owner = this.owners[index]!
      this.errors[index] = error
      this.owners[index] = NONE
      this.threads.wake(owner)
    }
    machine.accounting.leave()
  }
}
