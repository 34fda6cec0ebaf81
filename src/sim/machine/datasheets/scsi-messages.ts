/** Queue tag messages (SCSI-2): how a target may order the command among those it has. The tag itself is the byte after it. */
export const MSG_SIMPLE_Q_TAG = 0x20
/** After all commands that came before, and before all that come after. */
export const MSG_ORDERED_Q_TAG = 0x22
