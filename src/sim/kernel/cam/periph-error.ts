import {
  ASCQ_BECOMING_READY,
  ASC_NOT_READY,
  SCSI_STATUS_BUSY,
  SCSI_STATUS_CHECK_CONDITION,
  SCSI_STATUS_GOOD,
  SCSI_STATUS_QUEUE_FULL,
  SENSE_ABORTED_COMMAND,
  SENSE_BLANK_CHECK,
  SENSE_DATA_PROTECT,
  SENSE_HARDWARE_ERROR,
  SENSE_ILLEGAL_REQUEST,
  SENSE_MEDIUM_ERROR,
  SENSE_NOT_READY,
  SENSE_NO_SENSE,
  SENSE_RECOVERED_ERROR,
  SENSE_UNIT_ATTENTION,
  SENSE_VOLUME_OVERFLOW,
} from '../../machine/datasheets/scsi.ts'
import type { Errno } from '../errno.ts'
import { EACCES, EFBIG, EINVAL, EIO, ENOSPC, ENXIO, ERESTART, OK } from '../errno.ts'
import { CAM_PRIORITY_DEV } from './ccb.ts'
import type { Ccb } from './ccb.ts'
import type { Xpt } from './xpt.ts'

/** How long a device that is busy gets before it is asked again, unless one of its commands ends before. */
const BUSY_NS = 1_000_000_000
/** How often a device that becomes ready is asked, and how many times at most: a minute together. */
const BECOMING_READY_NS = 500_000_000
export const BECOMING_READY_TRIES = 120

/**
 * cam_periph_error: what becomes of a request that did not end well, by its SCSI status and sense key. A request that is to
 * be tried again has been queued again, before the younger ones.
 * @returns OK where the device did all it was asked, ERESTART where the request is under way again, else the error that it ends
 * with: EIO when all retries are used up; ENXIO when the device is not ready and will not be; EINVAL (ILLEGAL REQUEST) and EACCES
 * (DATA PROTECT) at once; ENOSPC at the end of a tape. What never came to the device keeps its own error.
 */
export function cam_periph_error(xpt: Xpt, ccb: Ccb): Errno {
  switch (ccb.scsiStatus) {
    case SCSI_STATUS_CHECK_CONDITION:
      return senseError(xpt, ccb)
    case SCSI_STATUS_QUEUE_FULL:
      xpt.halveOpenings()
      return again(xpt, ccb)
    case SCSI_STATUS_BUSY:
      if (ccb.retries > 0) xpt.xpt_freeze_devq(BUSY_NS, true)
      return retry(xpt, ccb)
    case SCSI_STATUS_GOOD:
      // The driver's own refusals do not change by being repeated.
      return ccb.status === EFBIG || ccb.status === EINVAL ? ccb.status : retry(xpt, ccb)
    default:
      return retry(xpt, ccb)
  }
}

function senseError(xpt: Xpt, ccb: Ccb): Errno {
  switch (ccb.senseKey) {
    case SENSE_NO_SENSE:
    case SENSE_RECOVERED_ERROR:
      return OK
    case SENSE_NOT_READY:
      if (ccb.asc !== ASC_NOT_READY || ccb.ascq !== ASCQ_BECOMING_READY || ccb.patience-- <= 0) return ENXIO
      xpt.xpt_freeze_devq(BECOMING_READY_NS, false)
      return again(xpt, ccb)
    case SENSE_ILLEGAL_REQUEST:
      return EINVAL
    case SENSE_DATA_PROTECT:
      return EACCES
    case SENSE_BLANK_CHECK:
    case SENSE_VOLUME_OVERFLOW:
      return ENOSPC
    case SENSE_MEDIUM_ERROR:
    case SENSE_HARDWARE_ERROR:
    case SENSE_UNIT_ATTENTION:
    case SENSE_ABORTED_COMMAND:
    default:
      return retry(xpt, ccb)
  }
}

function retry(xpt: Xpt, ccb: Ccb): Errno {
  return ccb.retries-- > 0 ? again(xpt, ccb) : EIO
}

function again(xpt: Xpt, ccb: Ccb): Errno {
  ccb.priority = Math.min(ccb.priority, CAM_PRIORITY_DEV)
  xpt.xpt_requeue(ccb)
  return ERESTART
}
