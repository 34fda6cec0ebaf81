import { onWatcherCleanup, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { Failure, Input, LabBridge } from '../../shared/ipc/contract.ts'
import { ask } from '../bridge/connection.ts'

/** The host is asked when nothing has been changed for so long. */
const QUIET_MS = 200

/**
 * Keeps asking the host what keeps runs from starting although each field is valid: fields that do not fit together, or do not suit
 * a path. A host that cannot be asked says it when the runs are started.
 * @param asked another object after each change; null: nothing is to be run
 * @returns what the host said last
 */
export function watchRuns(
  bridge: LabBridge,
  asked: Ref<Input<'run.check'> | null>,
): ShallowRef<readonly Failure[]> {
  const failures = shallowRef<readonly Failure[]>([])

  async function look(input: Input<'run.check'>): Promise<void> {
    const answer = await ask(bridge, 'run.check', input).catch(() => [])
    if (asked.value === input) failures.value = answer
  }

  watch(
    asked,
    (input) => {
      if (input === null) {
        failures.value = []
        return
      }
      const timer = setTimeout(() => void look(input), QUIET_MS)
      onWatcherCleanup(() => clearTimeout(timer))
    },
    { immediate: true },
  )
  return failures
}
