/** NVM Express 1.2 structures in memory. Offsets in bytes. */
export const NVME_IDENTIFY_BYTES = 4096
