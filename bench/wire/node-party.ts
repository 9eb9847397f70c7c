import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { compiledFile } from './compiled-file.ts';
import type { NodePeerKind, NodePeerReport } from './node-peer.ts';
import type { WireParty } from './wire-party.ts';
import { CERTIFICATE_FILE } from './wire-security.ts';

const READY_TIMEOUT_MS = 20_000;

/** A peer made of packages, in a process of its own: its event loop sleeps, as its users' do. */
export class NodeParty implements WireParty {
  readonly #child: ChildProcess;
  #switchesBefore = Promise.resolve(0);

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param folderUrl the package's folder; '' for a peer that needs none */
  static async connect(kind: NodePeerKind, folderUrl: string, url: string): Promise<NodeParty> {
    const child = fork(compiledFile('node-peer'), [kind, folderUrl, url], {
      execArgv: [],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE },
    });
    try {
      await nextNumber(child);
      return new NodeParty(child);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  begin(): void {
    this.#switchesBefore = this.#switches();
  }

  async end(): Promise<number> {
    const before = await this.#switchesBefore;
    return (await this.#switches()) - before;
  }

  async close(): Promise<void> {
    if (!this.#child.connected) return;
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    this.#child.disconnect();
    await ended;
  }

  #switches(): Promise<number> {
    const answer = nextNumber(this.#child);
    this.#child.send('switches');
    return answer;
  }
}

/** It says a number when it is ready, and whenever it is asked. */
function nextNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    const onMessage = ({ switches }: NodePeerReport): void => settle(() => resolve(switches));
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`wire-to-wire: a peer ended by itself with code ${code}`)));
    const timer = setTimeout(
      () =>
        settle(() => reject(new Error(`wire-to-wire: expected a peer to answer in ${READY_TIMEOUT_MS} ms`))),
      READY_TIMEOUT_MS,
    );
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
