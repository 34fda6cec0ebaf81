/**
 * The house's import rule (docs/adr/0001-rooms.md): each room names the rooms it may import; everything else is an error.
 * Rooms of the simulator are layered: engine < machine < kernel, devices, workload < lab.
 */
const rooms = {
  '^src/sim/engine/': ['^src/sim/engine/'],
  '^src/sim/machine/': ['^src/sim/(engine|machine)/'],
  '^src/sim/kernel/': ['^src/sim/(engine|machine|kernel)/'],
  '^src/sim/devices/': ['^src/sim/(engine|machine|devices)/'],
  '^src/sim/workload/': ['^src/sim/(engine|machine|kernel|workload)/'],
  '^src/sim/lab/': ['^src/sim/'],
  '^src/shared/': [
    '^src/shared/',
    '^src/sim/lab/(scenario|metrics|device-profile|nic-profile)\\.ts$',
    '^src/sim/machine/costs\\.ts$',
  ],
  '^src/main/': ['^src/(main|shared)/', '^src/sim/(lab|workload)/'],
  '^src/preload/': ['^src/(preload|shared)/'],
  '^src/renderer/': ['^src/(renderer|shared)/'],
  '^src/cli/': ['^src/(cli|main|shared)/', '^src/sim/lab/'],
}

const hosts = {
  'the simulator is pure: no package, no Node API': { from: '^src/sim/', to: '^(?!src/sim/)' },
  'shared runs in a page too: no Node API, no Electron': {
    from: '^src/shared/',
    to: '^(node:|electron$)|^node_modules/electron',
  },
  'the renderer never sees Node or Electron': {
    from: '^src/renderer/',
    to: '^(node:|electron$)|^node_modules/electron',
  },
  'the command line needs no Electron': { from: '^src/cli/', to: '^electron$|^node_modules/electron' },
}

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '\\.d\\.ts$' }, to: {} },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(rooms).map(([from, allowed]) => ({
      name: `room ${from.slice(1, -1)}`,
      severity: 'error',
      from: { path: from },
      to: { path: '^src/', pathNot: allowed },
    })),
    ...Object.entries(hosts).map(([name, { from, to }]) => ({
      name,
      severity: 'error',
      from: { path: from },
      to: { path: to },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.vue', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
}
