import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { FailureError } from '../../shared/ipc/failure.ts'
import { createHandlers } from '../handlers/create-handlers.ts'
import { errorCode } from '../handlers/io-failure.ts'
import { createLabFiles } from '../handlers/lab-files.ts'
import { createDispatch } from '../ipc/dispatch.ts'
import { PACKAGE_ROOT } from '../package-root.ts'
import { RunManager } from '../runs/run-manager.ts'
import { userDataDir } from '../user-data-dir.ts'
import { mayConnect, rawPathname } from './access.ts'
import { createFolderHost } from './folder-host.ts'
import { createPageServer } from './page-server.ts'
import { emitTo, serveCalls } from './page-session.ts'

/** Larger than any project file or exported picture; the longest message that a page may send. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
const ADDRESS = '127.0.0.1'

export interface ServeOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** The folder whose project files the page may open and save. */
  readonly folder: string
  readonly resourcesDir: string
  readonly rendererDir: string
  /** Where the list of recent files is kept; by default the desktop application's own folder. */
  readonly userDataDir?: string
  /** The built worker; by default that of this package. */
  readonly workerFile?: string
}

export interface ServedLab {
  /** With the token: whoever has this address may use the lab. */
  readonly url: string
  close(): Promise<void>
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = errorCode(error) === 'EADDRINUSE'
      const message = taken
        ? `Port ${port} is in use`
        : `Port ${port} cannot be used (${errorCode(error) ?? error.message})`
      reject(
        new FailureError({ code: 'io-error', message, remedy: 'Choose another one; 0 takes any free port.' }),
      )
    })
    server.listen(port, ADDRESS, () => resolve((server.address() as AddressInfo).port))
  })
}

function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

/**
 * Serves the lab to a browser on this computer: the built page over HTTP, its calls over a WebSocket at /ipc. Each page
 * has its own runs, which end when it is closed.
 * @throws FailureError `io-error` when the port cannot be had
 */
export async function serveLab(options: ServeOptions): Promise<ServedLab> {
  const { resourcesDir, rendererDir } = options
  const workerFile = options.workerFile ?? join(PACKAGE_ROOT, 'out', 'main', 'run-worker.js')
  const token = randomBytes(24).toString('base64url')
  const files = createLabFiles({ resourcesDir, userDataDir: options.userDataDir ?? userDataDir() })
  const host = createFolderHost({ folder: options.folder, version: packageVersion() })
  let port = 0

  const pages = createPageServer({ rendererDir, token, port: () => port })
  const server = createServer((request, response) => void pages(request, response))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })

  function connect(socket: WebSocket): void {
    const runs = new RunManager({ resourcesDir, workerFile, emit: emitTo(socket) })
    serveCalls(
      socket,
      createDispatch(createHandlers(host, files, runs), (error) => console.error(error)),
    )
    socket.on('close', () => void runs.close())
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (rawPathname(request) !== '/ipc' || !mayConnect(request, port, token)) return refuseUpgrade(socket)
    sockets.handleUpgrade(request, socket, head, connect)
  })

  port = await listen(server, options.port)
  return {
    url: `http://${ADDRESS}:${port}/?token=${token}`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
