import {
  SCRIPT_BYTES,
  SCR_DATA_IN,
  SCR_DATA_OUT,
  SCR_INT_FLY,
  SCR_JUMP,
  SCR_LOAD_REL_TEMP,
  SCR_MOVE_TBL,
  SCR_PHASE_MASK,
  SCR_RETURN,
  SCR_SEL_TBL_ATN,
  SCR_STORE_REL_ESA,
  SCR_STORE_REL_RBC,
  SCR_WAIT_DISC,
  SYM_MOVE_MASK,
} from '../machine/datasheets/sym-53c8xx.ts'
import type { DmaBus } from '../machine/dma-bus.ts'

/** What the script processor waits for its surroundings to do. */
export const STEP_MOVE = 0
export const STEP_SELECT = 1
export const STEP_DISCONNECT = 2
export const STEP_DONE = 3
/** No instruction of the chip, or a script that goes round and round. */
export const STEP_ILLEGAL = 4
export type ScriptStep = 0 | 1 | 2 | 3 | 4

/** Instructions that a command may take; a real chip would go on for ever. */
const MAX_INSTRUCTIONS = 4096

/**
 * The SCRIPTS processor: fetches instructions from memory, and does those that move no data by itself. For the others it
 * stops, with `phase`, `count` and `address` of the table entry, and its surroundings do the rest.
 */
export class SymScript {
  dsa = 0
  /** Of a MOVE: its phase, SCR_DATA_OUT to SCR_MSG_IN, and its table entry. Of a SELECT: `count` is the target's word. */
  phase = 0
  count = 0
  address = 0
  /** Where the table entry of the last MOVE is. */
  entry = 0
  /** Of an interrupted data phase: bytes not moved, and the table entry they belong to. */
  rbc = 0
  esa = 0
  private readonly bus: DmaBus
  private dsp = 0
  private temp = 0
  private left = 0

  constructor(bus: DmaBus) {
    this.bus = bus
  }

  /** Begins a part of the script, for the command whose block is at `dsa`. */
  begin(dsa: number, dsp: number): void {
    this.dsa = dsa
    this.dsp = dsp
    this.left = MAX_INSTRUCTIONS
  }

  /** Goes on at another place. */
  jump(dsp: number): void {
    this.dsp = dsp
  }

  /** Does instructions up to the next that needs the surroundings. */
  next(): ScriptStep {
    const { bus } = this
    while (this.left-- > 0) {
      const word = bus.read32(this.dsp)
      const operand = bus.read32(this.dsp + 4)
      this.dsp += SCRIPT_BYTES
      switch (word) {
        case SCR_SEL_TBL_ATN:
          this.count = bus.read32(this.dsa + operand)
          return STEP_SELECT
        case SCR_WAIT_DISC:
          return STEP_DISCONNECT
        case SCR_LOAD_REL_TEMP:
          this.temp = bus.read32(this.dsa + operand)
          break
        case SCR_STORE_REL_RBC:
          bus.write32(this.dsa + operand, this.rbc)
          break
        case SCR_STORE_REL_ESA:
          bus.write32(this.dsa + operand, this.esa)
          break
        case SCR_RETURN:
          this.dsp = this.temp
          break
        case SCR_JUMP:
          this.dsp = operand
          break
        case SCR_INT_FLY:
          return STEP_DONE
        default:
          return this.move(word, operand)
      }
    }
    return STEP_ILLEGAL
  }

  private move(word: number, operand: number): ScriptStep {
    if ((word & ~SCR_PHASE_MASK) >>> 0 !== SCR_MOVE_TBL) return STEP_ILLEGAL
    this.phase = word & SCR_PHASE_MASK
    this.entry = this.dsa + operand
    this.count = this.bus.read32(this.entry) & SYM_MOVE_MASK
    this.address = this.bus.read32(this.entry + 4)
    return this.count === 0 ? STEP_ILLEGAL : STEP_MOVE
  }
}

export function isDataPhase(phase: number): boolean {
  return phase === SCR_DATA_IN || phase === SCR_DATA_OUT
}
