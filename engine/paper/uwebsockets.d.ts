/** The part of uWebSockets.js that the paper venue uses, from its documentation; holds for the official package too. */
declare module 'uWebSockets.js' {
  export interface UwsHttpRequest {
    getMethod(): string;
    getUrl(): string;
    getQuery(): string;
    getHeader(lowerCaseName: string): string;
    forEach(visit: (name: string, value: string) => void): void;
  }

  export interface UwsHttpResponse {
    cork(work: () => void): UwsHttpResponse;
    writeStatus(status: string): UwsHttpResponse;
    writeHeader(name: string, value: string): UwsHttpResponse;
    end(body?: string): UwsHttpResponse;
    onAborted(aborted: () => void): UwsHttpResponse;
    onData(part: (chunk: ArrayBuffer, isLast: boolean) => void): UwsHttpResponse;
    getRemoteAddressAsText(): ArrayBuffer;
    upgrade<UserData>(
      userData: UserData,
      secWebSocketKey: string,
      secWebSocketProtocol: string,
      secWebSocketExtensions: string,
      context: UwsSocketContext,
    ): void;
  }

  export type UwsSocketContext = object;

  export interface UwsWebSocket<UserData> {
    getUserData(): UserData;
    /** 1 sent, 0 queued behind backpressure, 2 dropped. */
    send(message: string, isBinary?: boolean, compress?: boolean): number;
    getBufferedAmount(): number;
    end(code?: number, reason?: string): void;
    close(): void;
  }

  export interface UwsWebSocketBehavior<UserData> {
    compression?: number;
    maxPayloadLength?: number;
    maxBackpressure?: number;
    idleTimeout?: number;
    sendPingsAutomatically?: boolean;
    upgrade?: (response: UwsHttpResponse, request: UwsHttpRequest, context: UwsSocketContext) => void;
    open?: (socket: UwsWebSocket<UserData>) => void;
    message?: (socket: UwsWebSocket<UserData>, message: ArrayBuffer, isBinary: boolean) => void;
    close?: (socket: UwsWebSocket<UserData>, code: number, message: ArrayBuffer) => void;
  }

  export type UwsListenSocket = object;

  export interface UwsApp {
    any(pattern: string, handler: (response: UwsHttpResponse, request: UwsHttpRequest) => void): UwsApp;
    ws<UserData>(pattern: string, behavior: UwsWebSocketBehavior<UserData>): UwsApp;
    listen(
      host: string,
      port: number,
      options: number,
      listened: (token: UwsListenSocket | false) => void,
    ): UwsApp;
    close(): UwsApp;
  }

  export function App(): UwsApp;
  export function us_listen_socket_close(token: UwsListenSocket): void;
  export function us_socket_local_port(token: UwsListenSocket): number;
  export const LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  export const DISABLED: number;
}
