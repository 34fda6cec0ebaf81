import { ref, watch } from 'vue'
import type { Ref } from 'vue'
import { percentOf } from '../results/progress.ts'
import { useRuns } from './runs.ts'

const SPOKEN_EVERY_MS = 5000

/** Progress for a live region: how a batch started and ended at once, its percentage at most every 5 seconds. */
export function useSpokenProgress(): Ref<string> {
  const runs = useRuns()
  const spoken = ref('')
  let spokenAt = -Infinity
  watch([() => runs.status, () => percentOf(runs.fraction)], ([status, percent], [before]) => {
    const now = performance.now()
    if (status === before && now - spokenAt < SPOKEN_EVERY_MS) return
    spokenAt = now
    spoken.value = runs.active ? `Running, ${percent} percent` : `Runs ${status}`
  })
  return spoken
}
