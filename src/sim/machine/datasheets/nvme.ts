/**
 * NVM Express 1.2 structures in memory, as far as a block driver needs them. Offsets in bytes.
 * A queue pair is a ring of submission entries and a ring of completion entries, with the same number of entries here.
 */
export const NVME_SUBMISSION_BYTES = 64
/** Word 0: opcode in bits 0-7, command identifier in bits 16-31. */
export const NVME_ID_SHIFT = 16
export const NVME_NAMESPACE = 4
/** Physical region pages: 64 bits each. */
export const NVME_PRP1 = 24
export const NVME_PRP2 = 32
/** Words 10 to 12. Read and write: first block low and high, number of blocks minus one in bits 0-15. Identify: what of. */
export const NVME_WORD10 = 40
export const NVME_WORD11 = 44
export const NVME_WORD12 = 48

export const NVME_COMPLETION_BYTES = 16
/** Completion word 2: submission queue head in bits 0-15, submission queue in bits 16-31. */
export const NVME_COMPLETION_QUEUE = 8
/** Completion word 3: command identifier in bits 0-15, phase in bit 16, status in bits 17-27. */
export const NVME_COMPLETION_STATUS = 12
export const NVME_PHASE_SHIFT = 16
export const NVME_STATUS_SHIFT = 17
export const NVME_STATUS_MASK = 0x7ff

export const NVME_WRITE = 0x01
export const NVME_READ = 0x02
/** Of the admin queue. */
export const NVME_IDENTIFY = 0x06
/** Identify: the namespace that the command names. */
export const NVME_IDENTIFY_NAMESPACE = 0
/** Identify: the controller. */
export const NVME_IDENTIFY_CONTROLLER = 1
/** Identify data of a controller: its model (40 characters), and in bit 0 of VWC whether it has a volatile write cache. */
export const NVME_MODEL = 24
export const NVME_MODEL_BYTES = 40
export const NVME_VWC = 525
/** Of the admin queue. Word 10: the log page in bits 0-7, words of data minus one in bits 16-27. */
export const NVME_GET_LOG_PAGE = 0x02
export const NVME_LOG_SIZE_SHIFT = 16
/** Errors so far, the latest first, in entries of 64 bytes. */
export const NVME_LOG_ERROR = 1
export const NVME_LOG_ERROR_BYTES = 64
/** All namespaces. */
export const NVME_ALL_NAMESPACES = 0xffffffff

export const NVME_IDENTIFY_BYTES = 4096
/** Identify data of a namespace: its size, its capacity and their use in blocks, 64 bits each. */
export const NVME_NSZE = 0
export const NVME_NCAP = 8
export const NVME_NUSE = 16
/** Its first block format: block size as a power of two in bits 16-23. */
export const NVME_LBAF0 = 128

/** Status: type in bits 8-10, code in bits 0-7. */
export const NVME_SUCCESS = 0x000
export const NVME_INVALID_OPCODE = 0x001
export const NVME_INVALID_FIELD = 0x002
export const NVME_DATA_TRANSFER_ERROR = 0x004
export const NVME_INVALID_NAMESPACE = 0x00b
export const NVME_PRP_OFFSET_INVALID = 0x013
export const NVME_LBA_OUT_OF_RANGE = 0x080
export const NVME_WRITE_FAULT = 0x280
export const NVME_UNRECOVERED_READ = 0x281

/** A PRP list is an array of these; the last of a page that is not the end of the list names the next page of it. */
export const NVME_PRP_BYTES = 8
/** Only the first PRP of a command may lie inside a page, and only at a multiple of this. */
export const NVME_PRP1_ALIGNMENT = 4

/** Where a queue pair lies on the bus; both rings start on a page. */
export interface NvmeQueuePlace {
  readonly submission: number
  readonly completion: number
  /** 2 to 65536; one of them always stays empty. */
  readonly entries: number
}

/** What a driver does to the registers of a controller. */
export interface NvmeRegisters {
  /**
   * Enables the controller with these queue pairs; pair 0 is the admin queue, which interrupts with pair 1. The queue
   * registers and the admin commands that create the others are not simulated one by one.
   * @returns false when the controller does not reach a queue (fatal status), and stays disabled
   */
  enable(queues: readonly NvmeQueuePlace[]): boolean
  /** Submission doorbell: the entries before `tail` are there. @param at time of the register write, ns */
  ringSubmission(queue: number, tail: number, at: number): void
  /** Completion doorbell: the entries before `head` were taken. @param at time of the register write, ns */
  ringCompletion(queue: number, head: number, at: number): void
}
