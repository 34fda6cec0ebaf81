import { watchEffect } from 'vue'
import { useProject } from './stores/project.ts'

/** Keeps the window's title in step with the project; a dot marks unsaved changes. */
export function useWindowTitle(): void {
  const projects = useProject()
  watchEffect(() => {
    const title = projects.project?.title
    document.title = title === undefined ? 'DMA Lab' : `${projects.dirty ? '• ' : ''}${title} – DMA Lab`
  })
}
