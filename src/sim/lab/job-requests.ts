import { Random } from '../engine/random.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { JobSource } from '../workload/job-source.ts'
import { KIND_METADATA, KIND_PASS, KIND_PHYSIO, KIND_SENDFILE } from '../workload/request-kind.ts'
import type { RequestSource } from '../workload/request-source.ts'
import { spanOf } from './files.ts'
import type { DiskWorkload } from './scenario.ts'

/** The requests of a job. @param stream which of the seed's streams of random numbers is the job's */
export function jobRequests(workload: DiskWorkload, seed: number, stream: number): RequestSource {
  if (workload.kind !== 'job') throw new SimulationFault('a trace workload needs its trace')
  return new JobSource(
    {
      ...workload,
      requestBytes: workload.requestKiB * 1024,
      spanBytes: spanOf(workload),
      mix: [
        { kind: KIND_PASS, percent: workload.passPercent },
        { kind: KIND_PHYSIO, percent: workload.physioPercent },
        { kind: KIND_METADATA, percent: workload.metadataPercent },
        { kind: KIND_SENDFILE, percent: workload.sendfilePercent },
      ],
    },
    new Random(seed, stream),
  )
}
