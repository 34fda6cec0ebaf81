import {
  MSG_IDENTIFY,
  SCRIPT_BYTES,
  SCR_COMMAND,
  SCR_DATA_IN,
  SCR_DATA_OUT,
  SCR_INT_FLY,
  SCR_JUMP,
  SCR_LOAD_REL_TEMP,
  SCR_MOVE_TBL,
  SCR_MSG_IN,
  SCR_MSG_OUT,
  SCR_RETURN,
  SCR_SEL_TBL_ATN,
  SCR_STATUS,
  SCR_STORE_REL_ESA,
  SCR_STORE_REL_RBC,
  SCR_WAIT_DISC,
  SYM_GO_RESTART,
  SYM_GO_START,
  SYM_MOVE_BYTES,
} from '../../../machine/datasheets/sym-53c8xx.ts'
import { SCSI_CDB_BYTES, SENSE_BYTES } from '../../../machine/datasheets/scsi.ts'
import type { PhysicalMemory } from '../../../machine/physical-memory.ts'
import { MSG_SIMPLE_Q_TAG } from '../../../machine/datasheets/scsi-messages.ts'
import type { TagAction } from '../ccb.ts'
import type { ControlMemory } from './control-memory.ts'

/**
 * The block of one command, as the sym driver lays it out around the two words that the chip knows. Offsets in bytes.
 * The data table is filled from its end, so that the script always runs out of it at the same place.
 */
export const BLOCK_SAVEP = 8
/** Status byte, and after it the message that ends the command. */
export const BLOCK_STATUS = 12
export const BLOCK_SELECT = 16
export const BLOCK_RBC = 20
export const BLOCK_ESA = 24
export const BLOCK_MOVE_MESSAGE = 32
export const BLOCK_MOVE_COMMAND = 40
export const BLOCK_MOVE_STATUS = 48
export const BLOCK_MOVE_END = 56
export const BLOCK_CDB = 64
export const BLOCK_MESSAGE = BLOCK_CDB + SCSI_CDB_BYTES
export const BLOCK_SENSE = BLOCK_MESSAGE + 4
export const BLOCK_DATA = Math.ceil((BLOCK_SENSE + SENSE_BYTES) / 8) * 8

/** Bytes of a block with a table of `moves` entries. */
export function blockBytes(moves: number): number {
  return BLOCK_DATA + moves * SYM_MOVE_BYTES
}

/** Addresses of the parts of the script, for the chip. */
export interface SymScripts {
  readonly start: number
  readonly restart: number
  readonly dataIn: number
  readonly dataOut: number
  readonly phaseMismatch: number
  /** Behind the data phase. */
  readonly status: number
}

/** Instructions besides the MOVEs of both data phases. */
const FIXED_INSTRUCTIONS = 13

/** Bytes of the script for tables of `moves` entries. */
export function scriptBytes(moves: number): number {
  return (2 * moves + FIXED_INSTRUCTIONS) * SCRIPT_BYTES
}

/** Writes the script: selection, command, data, status, and what to do when the target ends the data phase early. */
export function writeScripts(memory: PhysicalMemory, at: ControlMemory, moves: number): SymScripts {
  let offset = 0
  const put = (word: number, operand: number): void => {
    memory.write32(at.physical + offset, word)
    memory.write32(at.physical + offset + 4, operand)
    offset += SCRIPT_BYTES
  }
  const here = (): number => at.bus + offset
  const dataPhase = (phase: number, next: number): void => {
    for (let i = 0; i < moves; i++) put(SCR_MOVE_TBL | phase, BLOCK_DATA + i * SYM_MOVE_BYTES)
    put(SCR_JUMP, next)
  }
  const phaseMismatch = here()
  put(SCR_STORE_REL_RBC, BLOCK_RBC)
  put(SCR_STORE_REL_ESA, BLOCK_ESA)
  const status = here()
  put(SCR_MOVE_TBL | SCR_STATUS, BLOCK_MOVE_STATUS)
  put(SCR_MOVE_TBL | SCR_MSG_IN, BLOCK_MOVE_END)
  put(SCR_INT_FLY, 0)
  const start = here()
  put(SCR_SEL_TBL_ATN, BLOCK_SELECT)
  put(SCR_MOVE_TBL | SCR_MSG_OUT, BLOCK_MOVE_MESSAGE)
  put(SCR_MOVE_TBL | SCR_COMMAND, BLOCK_MOVE_COMMAND)
  put(SCR_WAIT_DISC, 0)
  const restart = here()
  put(SCR_LOAD_REL_TEMP, BLOCK_SAVEP)
  put(SCR_RETURN, 0)
  const dataIn = here()
  dataPhase(SCR_DATA_IN, status)
  const dataOut = here()
  dataPhase(SCR_DATA_OUT, status)
  return { start, restart, dataIn, dataOut, phaseMismatch, status }
}

/** Writes what stays the same in the block of a slot, whose number is its tag. */
export function initBlock(
  memory: PhysicalMemory,
  physical: number,
  bus: number,
  tag: number,
  scripts: SymScripts,
): void {
  const move = (entry: number, count: number, place: number): void => {
    memory.write32(physical + entry, count)
    memory.write32(physical + entry + 4, bus + place)
  }
  memory.write32(physical + SYM_GO_START, scripts.start)
  memory.write32(physical + SYM_GO_RESTART, scripts.restart)
  memory.write32(physical + BLOCK_SELECT, 0)
  move(BLOCK_MOVE_MESSAGE, 3, BLOCK_MESSAGE)
  move(BLOCK_MOVE_COMMAND, SCSI_CDB_BYTES, BLOCK_CDB)
  move(BLOCK_MOVE_STATUS, 1, BLOCK_STATUS)
  move(BLOCK_MOVE_END, 1, BLOCK_STATUS + 1)
  writeTag(memory, physical, tag, MSG_SIMPLE_Q_TAG)
}

/** Writes the messages that a command is sent with: who is meant, and how the target may order it. */
export function writeTag(memory: PhysicalMemory, physical: number, tag: number, action: TagAction): void {
  memory.write32(physical + BLOCK_MESSAGE, MSG_IDENTIFY | (action << 8) | (tag << 16))
}
