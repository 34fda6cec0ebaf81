import type { HistoryRecord, SpanRecord } from './history-records.ts'

/** A call, and what it called for the same request. */
export interface SpanNode extends SpanRecord {
  /** Its time without that of its children. */
  readonly selfNs: number
  readonly children: readonly SpanNode[]
}

interface OpenNode extends SpanRecord {
  selfNs: number
  readonly children: OpenNode[]
}

/**
 * Puts the spans among records, which come in the order in which they began, into trees. A span whose caller is not among
 * the records, because it worked for somebody else or is not held any more, is a root.
 */
export function spanTrees(records: Iterable<HistoryRecord>): SpanNode[] {
  const roots: OpenNode[] = []
  const paths = new Map<number, OpenNode[]>()
  for (const record of records) {
    if (record.kind === 'event') continue
    const path = paths.get(record.cpu) ?? []
    paths.set(record.cpu, path)
    while (path.length > 0 && !encloses(path.at(-1)!, record)) path.pop()
    const parent = path.at(-1)
    const node: OpenNode = { ...record, selfNs: record.endNs - record.startNs, children: [] }
    if (parent === undefined) {
      roots.push(node)
    } else {
      parent.children.push(node)
      parent.selfNs -= node.endNs - node.startNs
    }
    path.push(node)
  }
  return roots
}

/** Whether the later of two spans of a processor lies in the earlier one. */
function encloses(outer: SpanRecord, inner: SpanRecord): boolean {
  return inner.depth > outer.depth && inner.startNs >= outer.startNs && inner.endNs <= outer.endNs
}
