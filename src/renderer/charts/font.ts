/** Font of everything that is drawn on a canvas; main.ts loads it before the first chart. */
export const CHART_FONT = 'Inter, system-ui, sans-serif'
