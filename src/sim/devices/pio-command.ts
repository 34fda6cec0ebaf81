import {
  ATA_READ_MULTIPLE,
  ATA_READ_MULTIPLE_EXT,
  ATA_READ_SECTORS,
  ATA_READ_SECTORS_EXT,
  ATA_WRITE_MULTIPLE,
  ATA_WRITE_MULTIPLE_EXT,
  ATA_WRITE_SECTORS,
  ATA_WRITE_SECTORS_EXT,
} from '../machine/datasheets/ata.ts'

/** What one of the commands means whose data goes through the data register. */
export interface PioCommand {
  readonly write: boolean
  /** Blocks of several sectors. */
  readonly multiple: boolean
  /** 48-bit addresses. */
  readonly extended: boolean
}

const COMMANDS: ReadonlyMap<number, PioCommand> = new Map([
  [ATA_READ_SECTORS, { write: false, multiple: false, extended: false }],
  [ATA_READ_SECTORS_EXT, { write: false, multiple: false, extended: true }],
  [ATA_READ_MULTIPLE, { write: false, multiple: true, extended: false }],
  [ATA_READ_MULTIPLE_EXT, { write: false, multiple: true, extended: true }],
  [ATA_WRITE_SECTORS, { write: true, multiple: false, extended: false }],
  [ATA_WRITE_SECTORS_EXT, { write: true, multiple: false, extended: true }],
  [ATA_WRITE_MULTIPLE, { write: true, multiple: true, extended: false }],
  [ATA_WRITE_MULTIPLE_EXT, { write: true, multiple: true, extended: true }],
])

/** @returns null for a command that is none of them */
export function pioCommandOf(command: number): PioCommand | null {
  return COMMANDS.get(command) ?? null
}
